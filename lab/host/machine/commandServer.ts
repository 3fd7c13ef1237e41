/**
 * Runs the stand-in commands: rootfs/client.sh, under the command's name in the host, hands over its call on
 * a loopback connection, and the daemon answers with shell text. TCP because bash opens such a connection
 * without another process, and because both ends notice when the other one goes away.
 */
import { randomBytes } from "node:crypto";
import { chownSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { Answer, CommandTable, Guest, Host } from "../types";
import { quote } from "./quote";

/** Above this, output goes through a file: bash reads a socket byte by byte. */
const largeOutput = 8192;

/** Where a client finds port and token, and long outputs; in its own /run, readable by its root alone. */
const runFolder = "/run/phoenix-lab";

/** Who is served: the node itself, or a running container. */
export interface Clients {
  /** Where the daemon sees the clients' run folder. */
  folder: string;
  /** Their root, as the daemon counts users and groups. */
  root: { uid: number; gid: number };
  guest?: Guest;
}

const node = (host: Host): Clients => ({ folder: join(host.root, runFolder), root: { uid: 0, gid: 0 } });

/** What a client said up to now: NUL-ended fields, the first four being token, name, folder and argc. */
class Conversation {
  #buffer = Buffer.alloc(0);
  #waiting: (() => void) | undefined;

  constructor(socket: Socket) {
    socket.on("data", (chunk: Buffer) => {
      this.#buffer = Buffer.concat([this.#buffer, chunk]);
      this.#waiting?.();
    });
    socket.on("close", () => this.#waiting?.());
  }

  /** The next field, or undefined when the client is gone. */
  async field(socket: Socket): Promise<Buffer | undefined> {
    for (;;) {
      const end = this.#buffer.indexOf(0);
      if (end >= 0) {
        const field = this.#buffer.subarray(0, end);
        this.#buffer = this.#buffer.subarray(end + 1);
        return field;
      }
      if (socket.destroyed) return undefined;
      await new Promise<void>((resolve) => (this.#waiting = resolve));
    }
  }
}

/** Starts serving; the port and the token are written where the clients look for them. */
export async function serveCommands(
  host: Host,
  commands: CommandTable,
  clients: Clients = node(host),
): Promise<{ close(): void }> {
  const token = randomBytes(16).toString("hex");
  const server = createServer({ noDelay: true }, (socket) => {
    socket.on("error", () => socket.destroy());
    void serve(host, commands, clients, token, socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  write(clients, "daemon", `${port} ${token}\n`);
  return { close: () => server.close() };
}

function write({ folder, root }: Clients, name: string, text: string): void {
  const path = join(folder, name);
  writeFileSync(path, text, { mode: 0o600 });
  chownSync(path, root.uid, root.gid);
}

async function serve(
  host: Host,
  commands: CommandTable,
  clients: Clients,
  token: string,
  socket: Socket,
): Promise<void> {
  const conversation = new Conversation(socket);
  const next = async () => (await conversation.field(socket))?.toString("utf8");
  if ((await next()) !== token) return void socket.destroy();
  const [name, cwd, count] = [await next(), await next(), await next()];
  const args: string[] = [];
  while (args.length < Number(count)) {
    const arg = await next();
    if (arg === undefined) return;
    args.push(arg);
  }
  const command = commands[name ?? ""];
  if (name === undefined || cwd === undefined || command === undefined) {
    return void socket.end(
      shellText(clients, { code: 127, stderr: `${name}: the lab does not simulate this\n` }),
    );
  }
  const stdin = async () => {
    if (!command.stdin) throw new Error(`${name} is not declared as a reader of standard input`);
    socket.write(`{ base64 -w0; printf '\\0'; } >&"$daemon"\0`);
    const encoded = await conversation.field(socket);
    return Buffer.from(encoded?.toString("latin1") ?? "", "base64");
  };
  let answer: Answer;
  try {
    answer = await command.run(host, {
      ...{ name, args, cwd, stdin },
      ...(clients.guest && { guest: clients.guest }),
    });
  } catch (error) {
    process.stderr.write(`${name}: ${error instanceof Error ? error.stack : String(error)}\n`);
    answer = {
      code: 255,
      stderr: `${name}: mistake in the lab: ${error instanceof Error ? error.message : String(error)}\n`,
    };
  }
  socket.end(shellText(clients, answer));
}

let outputs = 0;

/** The reply as text for the client's shell. */
function shellText(clients: Clients, answer: Answer): string {
  if ("exec" in answer) return `exec {daemon}>&-; exec ${answer.exec.map(quote).join(" ")}\0`;
  return `${printing(clients, answer.stdout)}${printing(clients, answer.stderr, " >&2")}exit ${answer.code}\0`;
}

function printing(clients: Clients, text: string | undefined, to = ""): string {
  if (text === undefined || text === "") return "";
  if (text.length <= largeOutput && !text.includes("\0")) return `printf %s ${quote(text)}${to}\n`;
  const name = `output.${++outputs}`;
  write(clients, name, text);
  // Nobody fetches it when the client has gone meanwhile.
  setTimeout(() => rmSync(join(clients.folder, name), { force: true }), 60_000).unref();
  return `cat ${runFolder}/${name}${to}; rm -f ${runFolder}/${name}\n`;
}
