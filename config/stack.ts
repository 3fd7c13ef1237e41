/** A stack's settings: `pulumi config` under `phoenix:`, and the environment where the stack says nothing. */
import { isAbsolute, join, dirname, relative, resolve } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import type { AdoptedSettings } from "./adopted";
import type { EstateFiles } from "./estate";
import { ConfigurationError } from "./findings";
import type { PowerSettings } from "./power";
import { passwordHashPattern } from "./primitives";
import { sambaPasswordKeys } from "./samba-passwords";
import { type Environment, SettingsReader } from "./settings-reader";

/** Pulumi allows these names of stacks. */
const stackName = /^[A-Za-z0-9_.-]{1,100}$/;

/** The first is the default. */
export const driftModes = ["repair", "show", "off"] as const;
export type DriftMode = (typeof driftModes)[number];

/** What `pulumi config` says about one environment. */
export interface StackSettings {
  /** The name under which the stack marks what is its own on the node; the stack's own name by default. */
  identity: string;
  /** The two files, as paths from the working directory. */
  files: EstateFiles;
  /** Folder of the hooks phoenix_hypervisor_setup_<CTID>.sh; absolute. Default: `hooks` beside lxcConfigs. */
  hooksDir: string;
  /** How the node is reached by SSH. */
  connection: {
    address: string;
    /** 22 by default. */
    port: number;
    /** root by default. */
    user: string;
    /** `type base64`, or a known_hosts line. */
    hostKey: string;
    /** Text of the private key; a secret. */
    privateKey?: pulumi.Output<string>;
    /** Pass phrase of the private key; a secret. */
    privateKeyPassword?: pulumi.Output<string>;
    /** Password of the user, where there is no key; a secret. */
    password?: pulumi.Output<string>;
  };
  /** How its HTTPS API is reached. */
  api: {
    /** https://<address>:8006/ by default. */
    endpoint: string;
    /** root@pam by default: only root@pam with its password may do all that guests need. */
    username: string;
    /** A secret. */
    password: pulumi.Output<string>;
    /** Whether any certificate is taken; false by default. */
    insecure: boolean;
    /** Name of the node. */
    node: string;
  };
  /** Hash of the administrator's password, in the place of users.password_hash; a secret. */
  adminPasswordHash?: pulumi.Output<string>;
  /** CTIDs of containers that may be recreated. None by default. */
  allowRecreate: number[];
  /** CTIDs of containers on the node, made by others, that may be taken over. None by default. */
  adopt: number[];
  /** Guests that are to run or to be stopped, whatever their entries say. */
  power: PowerSettings;
  /** Guests that are left as they were adopted, until their entries change. */
  adopted: AdoptedSettings;
  /** Whether the host itself is set up; false leaves it as it is, but for what the guests' steps need. */
  hostSetup: boolean;
  /** What is done with drift: shown and put right, shown as warnings, or not looked for. */
  drift: DriftMode;
  /** Whether guests are protected from Pulumi's deletes; true by default. An entry's own `protect` counts either way. */
  protectGuests: boolean;
}

/**
 * Reads the settings of the current stack. `root` is the folder that relative paths start from. Throws
 * ConfigurationError naming every missing or wrong setting with the command that mends it.
 */
export function readStackSettings(
  root: string = process.cwd(),
  environment: Environment = process.env,
): StackSettings {
  const reader = new SettingsReader(root, environment);
  const hypervisorConfig = reader.text("hypervisorConfig", {
    example: "<path of phoenix_hypervisor_config.json>",
  });
  const lxcConfigs = reader.text("lxcConfigs", { example: "<path of phoenix_lxc_configs.json>" });
  const hooksDir = reader.optional("hooksDir");
  const identity = reader.optional("identity", undefined, {
    pattern: stackName,
    problem: "is no name of a stack",
    example: pulumi.getStack(),
  });
  const connection = readConnection(reader);
  const api = readApi(reader, connection.address);
  const adminPasswordHash = reader.secretLike(
    "adminPasswordHash",
    passwordHashPattern,
    "is not a password hash (it is not shown here, in case it is a password)",
    "mkpasswd -m yescrypt | pulumi config set --secret adminPasswordHash",
  );
  const allowRecreate = reader.ctids("allowRecreate");
  const adopt = reader.ctids("adopt");
  const power = reader.power("power", "PHOENIX_POWER");
  const adopted = reader.adopted("adopted");
  const hostSetup = reader.flag("hostSetup", undefined, true);
  const protectGuests = reader.flag("protectGuests", undefined, true);
  const drift = reader.choice("drift", "PHOENIX_DRIFT", driftModes);
  // Read once the shares are known: sambaPasswords.
  for (const key of sambaPasswordKeys()) reader.secret(key);
  reader.refuseUnknown();
  if (reader.report.mistakes.length > 0) throw new ConfigurationError(reader.report.mistakes);
  const containers = resolve(root, lxcConfigs);
  return {
    identity: identity ?? pulumi.getStack(),
    files: { hypervisorConfig: shown(resolve(root, hypervisorConfig)), lxcConfigs: shown(containers) },
    hooksDir: hooksDir === undefined ? join(dirname(containers), "hooks") : resolve(root, hooksDir),
    connection,
    api,
    ...(adminPasswordHash && { adminPasswordHash }),
    allowRecreate,
    adopt,
    power,
    adopted,
    hostSetup,
    protectGuests,
    drift,
  };
}

function readConnection(reader: SettingsReader): StackSettings["connection"] {
  const address = reader.text("address", {
    variable: "PHOENIX_ADDRESS",
    example: "<name or address of the host>",
    pattern: /^[A-Za-z0-9:][A-Za-z0-9.:%_-]*$/,
    problem: "is not a host name or address",
  });
  reader.refuseOther("address", "PHOENIX_ADDRESS", address);
  const port = reader.port("port", "PHOENIX_PORT", 22);
  const user = reader.optional("user", "PHOENIX_USER") ?? "root";
  const hostKey = reader.text("hostKey", {
    variable: "PHOENIX_HOST_KEY",
    example: '"$(ssh-keyscan -t ed25519 <address>)"',
    pattern: /^(?:\S+ )?(?:ssh-ed25519|ecdsa-sha2-nistp(?:256|384|521)) [A-Za-z0-9+/]{20,}=*(?: .*)?$/,
    problem: "is not an ed25519 or ecdsa host key, as `type base64` or a known_hosts line",
    tidy: firstKey,
  });
  const privateKey = reader.privateKey();
  const password = reader.secret("sshPassword");
  if (!privateKey && !password && !reader.wrong("privateKeyFile")) {
    reader.missing(
      "privateKeyFile",
      "<path of the private key>",
      "PHOENIX_PRIVATE_KEY_FILE",
      "no privateKey and no sshPassword either",
    );
  }
  const privateKeyPassword = reader.secret("privateKeyPassword");
  return {
    address,
    port,
    user,
    hostKey,
    ...(privateKey && { privateKey }),
    ...(privateKeyPassword && { privateKeyPassword }),
    ...(password && { password }),
  };
}

/** ssh-keyscan writes comments and may write several lines: the first key counts. */
function firstKey(text: string): string {
  const lines = text.split("\n").map((line) => line.trim());
  return lines.find((line) => line !== "" && !line.startsWith("#")) ?? "";
}

function readApi(reader: SettingsReader, address: string): StackSettings["api"] {
  const host = address.includes(":") ? `[${address}]` : address;
  const endpoint = reader.optional("apiEndpoint", "PHOENIX_API_ENDPOINT", {
    pattern: /^https:\/\/[^\s/?#]+\/?$/,
    problem: "is not the root of an https URL",
    example: `https://${host || "<address>"}:8006/`,
  });
  const username = reader.optional("apiUser", "PHOENIX_API_USER", {
    pattern: /^[^\s@!]+@[A-Za-z][A-Za-z0-9._-]*$/,
    problem:
      "is not a user with a realm (an API token cannot make the guests: Proxmox wants root@pam with its password)",
    example: "root@pam",
  });
  const password = reader.secret("apiPassword", "PHOENIX_API_PASSWORD");
  if (!password) reader.missing("apiPassword", undefined, "PHOENIX_API_PASSWORD");
  return {
    endpoint: endpoint ?? `https://${host}:8006/`,
    username: username ?? "root@pam",
    password: password ?? pulumi.secret(""),
    insecure: reader.flag("apiInsecure", "PHOENIX_API_INSECURE"),
    node: reader.text("nodeName", {
      variable: "PHOENIX_NODE",
      example: "<what `hostname` prints on the node>",
      pattern: /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/,
      problem: "is not the name of a node",
    }),
  };
}

/** Short for messages: from the working directory where that is not longer. */
function shown(path: string): string {
  const short = relative(process.cwd(), path);
  return short !== "" && !isAbsolute(short) && short.length < path.length ? short : path;
}
