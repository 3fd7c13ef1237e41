import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { hostKeyOf } from "../config/host-key";
import type { EngineSession } from "./engine";
import { UserError } from "./errors";
import { root } from "./paths";
import type { Captured } from "./process";
import type { Stack } from "./stack";

/** How a stack's host is reached by SSH: its settings, decrypted, or a lab machine's. */
export interface Login {
  address: string;
  port: string;
  user: string;
  hostKey: string;
  privateKey?: string;
  privateKeyFile?: string;
  /** Of the key, or of the user where there is no key. */
  password?: string;
}

const LOGIN = [
  ...["address", "port", "user", "hostKey"],
  ...["privateKey", "privateKeyFile", "privateKeyPassword", "sshPassword"],
];

type Settings = Record<string, { value?: string } | undefined>;

/** The stack's settings of a login where its file tells all of them; undefined where one is encrypted or stands elsewhere. */
function settingsOfFile({ config, environment }: Stack): Settings | undefined {
  const found = LOGIN.map((key) => `phoenix:${key}`)
    .map((key) => [key, config[key]] as const)
    .filter(([, value]) => value !== undefined && value !== null);
  const isPlain = found.every(([, value]) => typeof value === "string" || typeof value === "number");
  // Pulumi takes a key without a namespace as the project's.
  const isWhole = environment === undefined && Object.keys(config).every((key) => key.includes(":"));
  return isPlain && isWhole
    ? Object.fromEntries(found.map(([key, value]) => [key, { value: String(value) }]))
    : undefined;
}

async function settingsOfEngine(session: EngineSession): Promise<Settings> {
  const asked = ["config", "--json", "--show-secrets", "--stack", session.stack.name];
  return JSON.parse(await session.read(asked)) as Settings;
}

/** Settings and the variables that replace them; a setting of the stack takes precedence. */
export async function readLogin(session: EngineSession): Promise<Login> {
  const stack = session.stack.name;
  const config = settingsOfFile(session.stack) ?? (await settingsOfEngine(session));
  const setting = (key: string, variable?: string) =>
    config[`phoenix:${key}`]?.value || (variable && session.env[variable]) || undefined;
  const needed = (key: string, variable: string) => {
    const value = setting(key, variable);
    if (value !== undefined) return value;
    throw new UserError(`Pulumi.${stack}.yaml lacks phoenix:${key}: see phoenix init --help.`);
  };
  const privateKey = setting("privateKey");
  const privateKeyFile = setting("privateKeyFile", "PHOENIX_PRIVATE_KEY_FILE");
  const hasKey = privateKey !== undefined || privateKeyFile !== undefined;
  const password = setting(hasKey ? "privateKeyPassword" : "sshPassword");
  if (!hasKey && password === undefined) needed("privateKeyFile", "PHOENIX_PRIVATE_KEY_FILE");
  return {
    address: needed("address", "PHOENIX_ADDRESS"),
    port: setting("port", "PHOENIX_PORT") ?? "22",
    user: setting("user", "PHOENIX_USER") ?? "root",
    hostKey: needed("hostKey", "PHOENIX_HOST_KEY"),
    ...(privateKey !== undefined && { privateKey }),
    ...(privateKeyFile !== undefined && { privateKeyFile }),
    ...(password !== undefined && { password }),
  };
}

/** A known_hosts line for any port: the host is named by an alias. */
function knownHost(hostKey: string): string {
  const key = hostKeyOf(hostKey);
  if (key === undefined) throw new UserError("phoenix:hostKey is not an ed25519 or ecdsa host key.");
  return `${ALIAS} ${key.type} ${key.base64}\n`;
}

const ALIAS = "phoenix-host";
const SIGNALS: NodeJS.Signals[] = ["SIGINT", "SIGTERM", "SIGHUP"];

function keyPath(name: string): string {
  return name.startsWith("~/") ? join(homedir(), name.slice(2)) : resolve(root, name);
}

/**
 * The system's own SSH client with a stack's connection and nothing else: the host key is pinned, the user's
 * ssh_config, agent and known hosts play no part. A folder that only this user can read holds the key.
 */
export class Ssh {
  private readonly folder: string;
  private readonly arguments: string[];
  private readonly env: NodeJS.ProcessEnv;

  private constructor({ address, port, user, password, ...login }: Login) {
    const hosts = knownHost(login.hostKey);
    // Before any file exists that would have to be removed.
    for (const signal of SIGNALS) process.on(signal, this.interrupted);
    this.folder = mkdtempSync(join(tmpdir(), "phoenix-ssh-"));
    const file = (name: string, text: string, mode = 0o600) => {
      const path = join(this.folder, name);
      writeFileSync(path, text, { mode });
      return path;
    };
    const known = file("known_hosts", hosts);
    const identity =
      login.privateKey !== undefined
        ? file("key", `${login.privateKey.trimEnd()}\n`)
        : login.privateKeyFile && keyPath(login.privateKeyFile);
    const options = {
      HostKeyAlias: ALIAS,
      StrictHostKeyChecking: "yes",
      UserKnownHostsFile: known,
      GlobalKnownHostsFile: "/dev/null",
      UpdateHostKeys: "no",
      IdentitiesOnly: "yes",
      IdentityAgent: "none",
      ConnectTimeout: "30",
      ServerAliveInterval: "15",
      NumberOfPasswordPrompts: "1",
      LogLevel: "ERROR",
      PreferredAuthentications: identity === undefined ? "password,keyboard-interactive" : "publickey",
      ...(password === undefined && { BatchMode: "yes" }),
      ...(identity !== undefined && { IdentityFile: `"${identity}"` }),
    };
    this.arguments = [
      ...["-F", "/dev/null", "-T", "-p", port, "-l", user],
      ...Object.entries(options).flatMap(([name, value]) => ["-o", `${name}=${value}`]),
      ...["--", address],
    ];
    // OpenSSH reads a password only from a terminal or from a program (SSH_ASKPASS), not from an argument or a pipe.
    const askpass = password && file("askpass", "#!/bin/sh\nprintf '%s\\n' \"$PHOENIX_SSH_SECRET\"\n", 0o700);
    this.env = {
      ...process.env,
      ...(askpass && { SSH_ASKPASS: askpass, SSH_ASKPASS_REQUIRE: "force", PHOENIX_SSH_SECRET: password }),
    };
  }

  static async open(session: EngineSession): Promise<Ssh> {
    return Ssh.connect(await readLogin(session));
  }

  /** For a host that no stack has yet. */
  static connect(login: Login): Ssh {
    return new Ssh(login);
  }

  /**
   * Runs a script on the host, as a step does: the text is the command, the settings its standard input.
   *
   * @param show is given what it says while it runs
   */
  script(text: string, settings: string, show?: (said: string) => void): Promise<Captured> {
    return new Promise((done, fail) => {
      const child = spawn("ssh", [...this.arguments, text], { env: this.env });
      const written = { stdout: "", stderr: "" };
      child.stdout.on("data", (data: Buffer) => (written.stdout += data.toString()));
      child.stderr.on("data", (data: Buffer) => {
        written.stderr += data.toString();
        show?.(data.toString());
      });
      child.stdin.on("error", () => undefined); // what the host said tells why it did not read
      child.on("error", (error: NodeJS.ErrnoException) =>
        fail(
          error.code === "ENOENT"
            ? new UserError("There is no ssh on PATH: install OpenSSH's client.")
            : error,
        ),
      );
      child.on("close", (code) => done({ code: code ?? 255, ...written }));
      child.stdin.end(settings);
    });
  }

  /** Removes the key file also when the process is ended early. */
  private readonly interrupted = (signal: NodeJS.Signals) => {
    this.close();
    process.kill(process.pid, signal);
  };

  close(): void {
    for (const signal of SIGNALS) process.off(signal, this.interrupted);
    rmSync(this.folder, { recursive: true, force: true });
  }
}
