/** The daemon's control socket: one request and one answer a connection, as JSON lines. */
import { rmSync } from "node:fs";
import { connect, createServer } from "node:net";
import { Mistake } from "./mistake";

/** What can be asked of a running lab, by name; a Mistake goes back to who asked. */
export type Control = Record<string, (argument: unknown) => unknown>;

interface Request {
  operation: string;
  argument?: unknown;
}

type Reply = { value: unknown } | { mistake: string };

/** Serves on a socket, by a path relative to the working folder. */
export async function serveControl(path: string, control: Control): Promise<void> {
  rmSync(path, { force: true });
  const server = createServer((socket) => {
    let asked = "";
    socket.on("error", () => undefined);
    socket.on("data", (data) => {
      asked += data.toString("utf8");
      if (!asked.endsWith("\n")) return;
      void reply(control, JSON.parse(asked) as Request).then((answer) =>
        socket.end(`${JSON.stringify(answer)}\n`),
      );
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(path, resolve);
  });
}

async function reply(control: Control, { operation, argument }: Request): Promise<Reply> {
  const run = control[operation];
  if (run === undefined) return { mistake: `this lab does not know ${operation}; lab stop, then lab start` };
  try {
    return { value: (await run(argument)) ?? null };
  } catch (error) {
    if (error instanceof Mistake) return { mistake: error.message };
    process.stderr.write(`${operation}: ${error instanceof Error ? error.stack : String(error)}\n`);
    return { mistake: `${operation} failed: see the lab's log` };
  }
}

/** Asks a running lab; undefined when none runs in this folder. @throws Mistake that the lab answered */
export function ask<T>(
  dir: string,
  path: string,
  operation: string,
  argument?: unknown,
): Promise<T | undefined> {
  const back = process.cwd();
  return new Promise((resolve, reject) => {
    // A path relative to the folder stays within the 107 bytes of a socket's address.
    process.chdir(dir);
    const socket = connect(path);
    process.chdir(back);
    let answer = "";
    socket.on("connect", () => socket.write(`${JSON.stringify({ operation, argument })}\n`));
    socket.on("data", (data) => (answer += data.toString("utf8")));
    socket.on("error", () => resolve(undefined));
    socket.on("close", () => {
      if (answer === "") return resolve(undefined);
      const reply = JSON.parse(answer) as Reply;
      if ("mistake" in reply) reject(new Mistake(reply.mistake));
      else resolve(reply.value as T);
    });
  });
}
