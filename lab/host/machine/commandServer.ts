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
import { callerInput } from "./callerInput";
import { quote } from "./quote";

/** Above this, a reply goes through a file: bash reads a socket byte by byte, and a file at once. */
const longReply = 256;

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

/** What a client said up to now: NUL-ended fields, the first five being token, pid, name, folder and argc. */
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
  const [pid, name, cwd, count] = [await next(), await next(), await next(), await next()];
  const args: string[] = [];
  while (args.length < Number(count)) {
    const arg = await next();
    if (arg === undefined) return;
    args.push(arg);
  }
  const command = commands[name ?? ""];
  if (name === undefined || cwd === undefined || command === undefined) {
    return reply(socket, clients, { code: 127, stderr: `${name}: the lab does not simulate this\n` });
  }
  const stdin = async () => {
    if (!command.stdin) throw new Error(`${name} is not declared as a reader of standard input`);
    // A guest's processes have numbers of their own.
    const direct = clients.guest
      ? undefined
      : await callerInput(join(host.root, `proc/${pid}/fd/0`), gone(socket));
    if (direct !== undefined) return direct;
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
  reply(socket, clients, answer);
}

/** Tells when the client has ended. */
function gone(socket: Socket): AbortSignal {
  const controller = new AbortController();
  if (socket.destroyed) controller.abort();
  socket.once("close", () => controller.abort());
  return controller.signal;
}

let replies = 0;

/** Sends the reply, by way of a file where it is long; that is read when the client ends. */
function reply(socket: Socket, clients: Clients, answer: Answer): void {
  if (socket.destroyed) return;
  const text = shellText(answer);
  if (Buffer.byteLength(text) <= longReply) return void socket.end(`${text}\0`);
  const name = `reply.${++replies}`;
  write(clients, name, text);
  socket.once("close", () => rmSync(join(clients.folder, name), { force: true }));
  socket.end(`. ${runFolder}/${name}\0`);
}

/** The reply as text for the client's shell. */
function shellText(answer: Answer): string {
  if ("exec" in answer) return `exec {daemon}>&-; exec ${answer.exec.map(quote).join(" ")}`;
  return `${printing(answer.stdout)}${printing(answer.stderr, " >&2")}exit ${answer.code}`;
}

/** No word of the shell can hold a NUL. */
function printing(text: string | undefined, to = ""): string {
  if (text === undefined || text === "") return "";
  const [last = "", ...ended] = text.split("\0").reverse();
  const lines = ended.length === 0 ? "" : `printf '%s\\0' ${ended.reverse().map(quote).join(" ")}${to}\n`;
  return last === "" ? lines : `${lines}printf %s ${quote(last)}${to}\n`;
}
