/** A connection to a node that runs several commands: for questions that are no steps. */
import { createRequire } from "node:module";
import type { Client, ConnectConfig } from "ssh2";
import { hostKeyOf } from "../../config/host-key";

/** How a node is reached, in clear. */
export interface Login {
  address: string;
  port: number;
  user: string;
  /** As `type base64` or a known_hosts line. */
  hostKey: string;
  privateKey?: string;
  privateKeyPassword?: string;
  password?: string;
}

/** What a command printed. */
export interface Answer {
  /** Absent where a signal ended it or the connection broke. */
  code?: number;
  stdout: Buffer;
  stderr: string;
}

/** Most of a run never needs it, and it takes a while to load. */
const ssh2 = () => createRequire(__filename)("ssh2") as typeof import("ssh2");

export class Session {
  private constructor(private readonly client: Client) {}

  /**
   * Logs in, with the pinned host key alone.
   *
   * @param seconds that it may take
   * @throws Error that says why it could not
   */
  static open(login: Login, seconds: number): Promise<Session> {
    const { Client } = ssh2();
    const client = new Client();
    const key = hostKeyOf(login.hostKey);
    if (key === undefined) throw new Error("phoenix:hostKey is not an ed25519 or ecdsa host key");
    const pinned = Buffer.from(key.base64, "base64");
    let isOther = false;
    return new Promise((resolve, reject) => {
      client.once("ready", () => resolve(new Session(client)));
      client.on("error", (error) =>
        reject(new Error(isOther ? "its host key is another one" : reasonOf(error, login))),
      );
      client.once("close", () => reject(new Error("it closed the connection")));
      client.on("keyboard-interactive", (_name, _instructions, _language, prompts, answer) =>
        answer(prompts.map(() => login.password ?? "")),
      );
      client.connect({
        host: login.address,
        port: login.port,
        username: login.user,
        readyTimeout: seconds * 1000,
        algorithms: {
          serverHostKey: [key.type] as NonNullable<ConnectConfig["algorithms"]>["serverHostKey"],
        },
        hostVerifier: (offered: Buffer) => {
          isOther = !pinned.equals(offered);
          return !isOther;
        },
        ...(login.privateKey === undefined
          ? { password: login.password, tryKeyboard: true }
          : { privateKey: login.privateKey, passphrase: login.privateKeyPassword }),
      });
    });
  }

  /**
   * Runs a command with that standard input.
   *
   * @param environment variables that sshd may refuse without a word
   * @param seconds after which it is left alone; what it printed until then is lost
   */
  run(
    command: string,
    input: string | Buffer,
    environment: Record<string, string>,
    seconds: number,
  ): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const late = setTimeout(
        () => reject(new Error(`it did not answer within ${seconds} s`)),
        seconds * 1000,
      );
      this.client.exec(command, { env: environment }, (error, channel) => {
        if (error) {
          clearTimeout(late);
          reject(error);
          return;
        }
        const [stdout, stderr]: Buffer[][] = [[], []];
        let code: number | undefined;
        channel.on("data", (data: Buffer) => stdout!.push(data));
        channel.stderr.on("data", (data: Buffer) => stderr!.push(data));
        channel.on("exit", (status: number | null) => (code = status ?? undefined));
        channel.on("error", () => undefined); // the missing exit code says it
        channel.on("close", () => {
          clearTimeout(late);
          resolve({ code, stdout: Buffer.concat(stdout!), stderr: Buffer.concat(stderr!).toString() });
        });
        channel.end(input);
      });
    });
  }

  close(): void {
    this.client.on("error", () => undefined);
    this.client.end();
  }
}

const SYSTEM: Record<string, string> = {
  ECONNREFUSED: "it refuses connections",
  ECONNRESET: "it closed the connection",
  EHOSTUNREACH: "there is no way to it",
  ENETUNREACH: "its network cannot be reached",
  ETIMEDOUT: "it does not answer",
  ENOTFOUND: "there is no such host",
  EAI_AGAIN: "its name cannot be looked up",
};

function reasonOf(error: Error & { code?: string; level?: string }, { address, port, user }: Login): string {
  const at = `${address}:${port}: `;
  if (error.level === "client-authentication") return `${at}the login of ${user} is refused`;
  if (error.level === "client-timeout") return `${at}it does not answer`;
  return at + (SYSTEM[error.code ?? ""] ?? error.message);
}
