import { utils } from "ssh2";
import type { ParsedKey } from "ssh2";
import { isMap, textOf } from "../../shared/wire";
import type { Wire, WireMap } from "../../shared/wire";
import { parseHostKey } from "./hostKey";
import type { HostKey } from "./hostKey";

/** The settings of one SSH connection, read from a `connection` or `proxy` input. */
export interface Endpoint {
  host: string;
  port: number;
  user: string;
  /** Seconds for the TCP connection; 0 means no limit. */
  perDialTimeout: number;
  /** Failed attempts before giving up; -1 means no limit. */
  dialErrorLimit: number;
  hostKey?: HostKey;
  key?: ParsedKey;
  password?: string;
  agentSocket?: string;
  proxy?: Endpoint;
}

/** Reads a connection; throws what the real plugin says of keys it cannot read. */
export function readEndpoint(input: Wire | undefined): Endpoint {
  const map: WireMap = isMap(input) ? input : {};
  const endpoint: Endpoint = {
    host: textOf(map["host"]) ?? "",
    port: Math.trunc(number(map["port"]) ?? 22),
    user: textOf(map["user"]) ?? "root",
    perDialTimeout: number(map["perDialTimeout"]) ?? 15,
    dialErrorLimit: number(map["dialErrorLimit"]) ?? 10,
  };
  const [hostKey, privateKey, password] = [
    textOf(map["hostKey"]),
    textOf(map["privateKey"]),
    textOf(map["password"]),
  ];
  if (hostKey !== undefined) endpoint.hostKey = parseHostKey(hostKey);
  if (privateKey !== undefined) endpoint.key = parsePrivateKey(privateKey, textOf(map["privateKeyPassword"]));
  if (password !== undefined) endpoint.password = password;
  const agentSocket = textOf(map["agentSocketPath"]) ?? (process.env["SSH_AUTH_SOCK"] || undefined);
  if (agentSocket !== undefined) endpoint.agentSocket = agentSocket;
  if (isMap(map["proxy"])) {
    try {
      endpoint.proxy = readEndpoint(map["proxy"]);
    } catch (error) {
      throw new Error(`proxy: ${(error as Error).message}`, { cause: error });
    }
  }
  return endpoint;
}

/** Messages of Go's `ssh.ParsePrivateKey`; the key's text is in none of them. */
function parsePrivateKey(privateKey: string, passphrase: string | undefined): ParsedKey {
  const parsed = utils.parseKey(privateKey, passphrase);
  if (!(parsed instanceof Error)) {
    const key = Array.isArray(parsed) ? (parsed as ParsedKey[])[0] : parsed;
    if (key?.isPrivateKey()) return key;
    throw new Error("ssh: no key found");
  }
  if (/no passphrase given/.test(parsed.message))
    throw new Error("ssh: this private key is passphrase protected");
  if (passphrase !== undefined && !/Unsupported key format/.test(parsed.message))
    throw new Error("x509: decryption password incorrect");
  throw new Error("ssh: no key found");
}

function number(value: Wire | undefined): number | undefined {
  return typeof value === "number" ? value : undefined;
}
