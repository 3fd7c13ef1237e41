/** The part of `phoenix init` that talks to the host: its key, SSH, the API, and what the node is. */
import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { nodesByApi } from "../api";
import { askText } from "../confirm";
import { UserError } from "../errors";
import { agreedHostKey } from "../host-key";
import { connectionVariables, ensureLab } from "../lab";
import { root } from "../paths";
import { Ssh, type Login } from "../ssh";
import { surveyNode, surveyText, type Survey } from "../survey";

/** A stack's settings by their keys without `phoenix:`; none of them a secret. */
export type Settings = Record<string, string>;

/** What may be asked for besides the settings. */
export interface HostOptions {
  /** Of the host key, as ssh-keygen -l shows it. */
  fingerprint?: string;
  apiPasswordFile?: string;
}

const canAsk = () => process.stdin.isTTY && process.stderr.isTTY;

/** On a terminal, asks for what the command line does not say; an empty address is the lab. */
export async function askForHost(settings: Settings): Promise<void> {
  const address = await askText("Name or address of the Proxmox VE host (empty: the lab)");
  if (address === "") return;
  settings.address = address;
  const port = await askText("SSH port", settings.port ?? "22");
  if (port !== "22") settings.port = port;
  const user = await askText("SSH user", settings.user ?? "root");
  if (user !== "root") settings.user = user;
  settings.privateKeyFile ??= await askText("Private key for SSH", "~/.ssh/id_ed25519");
}

/** Adds the host's key to the settings, once the user has agreed to it. */
export async function settleHostKey(settings: Settings, { fingerprint }: HostOptions): Promise<void> {
  settings.hostKey ??= await agreedHostKey(settings.address!, settings.port ?? "22", fingerprint);
}

/** The API's password: from a file, from $PHOENIX_API_PASSWORD, or asked for; undefined when nobody can be asked. */
export async function apiPassword(settings: Settings, { apiPasswordFile }: HostOptions) {
  if (apiPasswordFile !== undefined) {
    if (!existsSync(apiPasswordFile))
      throw new UserError(`--api-password-file: there is no file ${apiPasswordFile}.`);
    return readFileSync(apiPasswordFile, "utf8").replace(/\r?\n$/, "");
  }
  if (process.env.PHOENIX_API_PASSWORD) return process.env.PHOENIX_API_PASSWORD;
  if (!canAsk()) return undefined;
  const password = await askText(`Password of ${settings.apiUser ?? "root@pam"} for the API`, "", true);
  return password || undefined;
}

function loginOf(settings: Settings): Login {
  const { address = "", port = "22", user = "root", hostKey = "", privateKeyFile } = settings;
  return { address, port, user, hostKey, ...(privateKeyFile !== undefined && { privateKeyFile }) };
}

/** Looks at the node by SSH. @throws UserError with the reason; nothing has been written then */
export async function lookByHost(settings: Settings): Promise<Survey> {
  const key = settings.privateKeyFile ?? "";
  const file = key.startsWith("~/") ? join(homedir(), key.slice(2)) : resolve(root, key);
  if (!existsSync(file))
    throw new UserError(`There is no private key ${key || "(none was named)"}: --private-key-file FILE.`);
  return look(loginOf(settings));
}

/** The same for a stack's machine in the lab, which is started. */
export async function lookByLab(stack: string): Promise<Survey> {
  const info = await ensureLab(stack);
  const { PHOENIX_ADDRESS, PHOENIX_PORT, PHOENIX_USER, PHOENIX_HOST_KEY, PHOENIX_PRIVATE_KEY_FILE } =
    connectionVariables(info);
  return look({
    ...{ address: PHOENIX_ADDRESS!, port: PHOENIX_PORT!, user: PHOENIX_USER! },
    ...{ hostKey: PHOENIX_HOST_KEY!, privateKeyFile: PHOENIX_PRIVATE_KEY_FILE! },
  });
}

async function look(login: Login): Promise<Survey> {
  const ssh = Ssh.connect(login);
  try {
    const survey = await surveyNode(ssh, login.address);
    process.stderr.write(surveyText(survey));
    return survey;
  } finally {
    ssh.close();
  }
}

/** Tries the API with the stack's future settings. @throws UserError when the login fails, or there is no such node */
export async function tryApi(settings: Settings, password: string): Promise<void> {
  const host = settings.address!.includes(":") ? `[${settings.address}]` : settings.address;
  const endpoint = settings.apiEndpoint ?? `https://${host}:8006/`;
  const nodes = await nodesByApi({
    endpoint,
    username: settings.apiUser ?? "root@pam",
    password,
    insecure: settings.apiInsecure === "true",
  });
  if (nodes.includes(settings.nodeName ?? "")) return;
  throw new UserError(
    `${endpoint} knows the node${nodes.length === 1 ? "" : "s"} ${nodes.join(", ") || "(none)"}, not ${settings.nodeName}. ` +
      "Is --address the same host as --api-endpoint? Nothing was written.",
  );
}
