/** SSH on loopback, with the limits of a stock sshd. */
import type { Socket } from "node:net";
import { join } from "node:path";
import { Server as SshServer, type Connection, type ServerChannel, type Session } from "ssh2";
import type { BeforeSsh, Drop } from "../../faults/hooks";
import type { Door } from "../../isolation/doors";
import type { Keys } from "../keys";
import type { Counters } from "../stats";
import { acceptedNames } from "./acceptEnv";
import { authenticator } from "./authentication";
import { disconnect } from "./disconnect";
import { runCommand } from "./exec";
import { PipeMaker } from "./pipes";
import { serveFiles } from "./sftp";

/** sshd_config(5): MaxStartups 10:30:100, LoginGraceTime 120, MaxSessions 10. */
const maxStartups = { begin: 10, rate: 30, full: 100 };
const loginGraceMs = 120_000;
const maxSessions = 10;

export interface SshOptions {
  door: Door;
  root: string;
  keys: Keys;
  counters: Counters;
  /** Asked before each command, and before a file transfer as `sftp`. */
  faults: BeforeSsh;
  /** As the host sees the two ends, whatever the machine's loopback says. */
  addresses: { host: string; user: string };
}

/** Serves SSH to whoever comes in by the door; `drop` cuts every connection. */
export async function serveSsh(options: SshOptions): Promise<{ close(): void; drop(): void }> {
  const pipes = new PipeMaker(join(options.root, "proc"));
  await pipes.prepare();
  const ssh = new SshServer({ hostKeys: [options.keys.hostKey], ident: "OpenSSH_10.0p2 Debian-7" });
  /** Connections that have not logged in, by the client's port. */
  const startups = new Map<number, () => void>();
  const connections = new Set<Connection>();
  const sockets = new Map<number, Socket>();

  ssh.on("connection", (connection, info) => {
    connections.add(connection);
    const environment = {
      SSH_CLIENT: `${options.addresses.user} ${info.port} 22`,
      SSH_CONNECTION: `${options.addresses.user} ${info.port} ${options.addresses.host} 22`,
    };
    connection.on(
      "authentication",
      authenticator(options.root, options.keys.password, (reason) => disconnect(connection, reason)),
    );
    connection.on("ready", () => {
      startups.get(info.port)?.();
      options.counters.count("sshConnections");
    });
    connection.on("error", () => undefined);
    connection.on("close", () => connections.delete(connection));
    let sessions = 0;
    connection.on("session", (accept, reject) => {
      if (sessions >= maxSessions) return reject();
      sessions += 1;
      const cut = () => sockets.get(info.port)?.destroySoon();
      serveSession(accept(), options, pipes, environment, cut, () => (sessions -= 1));
    });
  });

  const admit = (socket: Socket) => {
    socket.setNoDelay(true);
    if (refusedAtStart(startups.size)) return void socket.end("Exceeded MaxStartups\r\n");
    const from = socket.remotePort ?? 0;
    const grace = setTimeout(() => socket.destroy(), loginGraceMs);
    const settled = () => {
      clearTimeout(grace);
      startups.delete(from);
    };
    startups.set(from, settled);
    sockets.set(from, socket);
    socket.on("close", () => {
      settled();
      sockets.delete(from);
    });
    ssh.injectSocket(socket);
  };
  options.door.onConnection(admit);
  return {
    close() {
      options.door.shut();
      for (const connection of connections) connection.end();
    },
    drop() {
      for (const socket of sockets.values()) socket.destroy();
    },
  };
}

/** MaxStartups: from `begin` on a growing part is refused, from `full` on every one. */
function refusedAtStart(unauthenticated: number): boolean {
  const { begin, rate, full } = maxStartups;
  if (unauthenticated < begin) return false;
  const percent = rate + ((100 - rate) * (unauthenticated - begin)) / (full - begin);
  return Math.random() * 100 < percent;
}

function serveSession(
  session: Session,
  options: SshOptions,
  pipes: PipeMaker,
  environment: Record<string, string>,
  cut: () => void,
  closed: () => void,
): void {
  const accepted: Record<string, string> = { ...environment };
  session.on("close", closed);
  session.on("env", (accept, reject, info) => {
    if (!acceptedNames(options.root).test(info.key)) return reject?.();
    accepted[info.key] = info.val;
    accept?.();
  });
  const begin = (channel: () => ServerChannel, command: string | undefined) => {
    options.counters.count("commands");
    const drop = options.faults(command ?? "");
    if (drop !== undefined && !isLater(drop)) return cut();
    const later = drop && { ...drop, cut };
    void runCommand(options.root, pipes, channel(), command, accepted, later);
  };
  session.on("exec", (accept, _reject, info) => begin(accept, info.command));
  session.on("shell", (accept) => begin(accept, undefined));
  session.on("sftp", (accept) => {
    const drop = options.faults("sftp");
    if (drop !== undefined && !isLater(drop)) return cut();
    serveFiles(accept(), options.root);
    if (drop !== undefined) setTimeout(cut, drop.afterMs ?? 0).unref();
  });
}

/** Whether a command is begun before its connection breaks. */
function isLater({ afterBytes, afterMs }: Drop): boolean {
  return afterBytes !== undefined || afterMs !== undefined;
}
