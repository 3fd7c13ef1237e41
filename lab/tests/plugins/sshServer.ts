import { spawn } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { connect, createServer } from "node:net";
import type { AddressInfo, Server as NetServer, Socket } from "node:net";
import { Server, utils } from "ssh2";
import type { ClientInfo, Connection } from "ssh2";
import { serveSftp } from "./sftpServer";
import { readableKeyPair } from "../../host/machine/keys";

/** An OpenSSH key pair: the private key as PEM, the public one as `type base64`. */
export function keyPair(): { private: string; public: string } {
  const pair = readableKeyPair(utils, "test");
  return { private: pair.private, public: pair.public.split(" ").slice(0, 2).join(" ") };
}

/** An RSA private key in PEM form, encrypted with a passphrase. */
export function encryptedKey(passphrase: string): string {
  return generateKeyPairSync("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs1", format: "pem", cipher: "aes-256-cbc", passphrase },
  }).privateKey;
}

export interface Options {
  hostKey?: string;
  password?: string;
  /** `type base64` of the only key that may log in. */
  authorizedKey?: string;
  /** Names `env` requests may set; a stock sshd accepts hardly any. */
  acceptEnv?: string[];
  /** How many connections to drop before the first one is served. */
  drop?: number;
  port?: number;
}

/** A real SSH server whose commands a real shell runs. */
export class SshServer {
  connections = 0;
  /** Connections that were open at the same moment, at most. */
  mostOpen = 0;
  #open = 0;

  private constructor(
    readonly listener: NetServer,
    readonly sockets: Set<Socket>,
    readonly port: number,
  ) {}

  static start(options: Options): Promise<SshServer> {
    const key = options.hostKey ?? keyPair().private;
    let drop = options.drop ?? 0;
    return new Promise((resolve) => {
      const server = new Server({ hostKeys: [key] }, (connection: Connection, _info: ClientInfo) => {
        running.connections++;
        if (drop > 0) {
          drop--;
          connection.end();
          return;
        }
        running.#serve(connection, options);
      });
      let running: SshServer;
      const sockets = new Set<Socket>();
      // Without noDelay each step of the handshake waits for the other side's delayed acknowledgement.
      const listener = createServer({ noDelay: true }, (socket) => {
        sockets.add(socket);
        socket.on("close", () => sockets.delete(socket));
        server.injectSocket(socket);
      });
      listener.listen(options.port ?? 0, "127.0.0.1", () => {
        running = new SshServer(listener, sockets, (listener.address() as AddressInfo).port);
        resolve(running);
      });
    });
  }

  stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    return new Promise((resolve) => this.listener.close(() => resolve()));
  }

  #serve(connection: Connection, options: Options): void {
    this.mostOpen = Math.max(this.mostOpen, ++this.#open);
    connection.on("close", () => this.#open--);
    connection.on("error", () => undefined);
    connection.on("authentication", (attempt) => {
      const right =
        (attempt.method === "password" && attempt.password === options.password) ||
        (attempt.method === "publickey" &&
          options.authorizedKey === `${attempt.key.algo} ${attempt.key.data.toString("base64")}`);
      if (right) return attempt.accept();
      attempt.reject(["publickey", "password"]);
    });
    connection.on("tcpip", (accept, _reject, info) => {
      const stream = accept();
      const socket = connect(info.destPort, info.destIP);
      stream.pipe(socket).pipe(stream);
      socket.on("error", () => stream.end());
    });
    connection.on("session", (acceptSession) => {
      const env: Record<string, string> = {};
      const session = acceptSession();
      session.on("env", (accept, reject, { key, val }) => {
        if (!(options.acceptEnv ?? []).includes(key)) return reject?.();
        env[key] = val;
        accept?.();
      });
      session.on("exec", (accept, _reject, { command }) => {
        const channel = accept();
        if (command === "drop the connection") return void connection.end();
        const child = spawn("/bin/sh", ["-c", command], { env: { PATH: process.env["PATH"], ...env } });
        channel.pipe(child.stdin);
        child.stdout.on("data", (piece) => channel.write(piece));
        child.stderr.on("data", (piece) => channel.stderr.write(piece));
        child.stdin.on("error", () => undefined);
        child.on("close", (code, signal) => {
          if (signal) channel.exit(signal.replace("SIG", ""), false, "");
          else channel.exit(code ?? 0);
          channel.end();
        });
      });
      session.on("sftp", (accept) => serveSftp(accept()));
    });
  }
}
