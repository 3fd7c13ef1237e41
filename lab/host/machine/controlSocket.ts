/** The daemon's control socket: one request and one answer a connection, as JSON lines. */
import { rmSync } from "node:fs";
import { connect, createServer } from "node:net";
import type { Stats } from "./stats";

/** What can be asked of a running lab. */
export interface Control {
  stats(): Stats;
  resetStats(): void;
  stop(): Promise<void>;
}

type Operation = keyof Control;

/** Serves on a socket, by a path relative to the working folder. */
export async function serveControl(path: string, control: Control): Promise<void> {
  rmSync(path, { force: true });
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.once("data", (data) => {
      const operation = data.toString("utf8").trim() as Operation;
      if (operation === "stop") {
        socket.end("{}\n");
        void control.stop();
      } else if (operation === "resetStats") {
        control.resetStats();
        socket.end("{}\n");
      } else {
        socket.end(`${JSON.stringify(control.stats())}\n`);
      }
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(path, resolve);
  });
}

/** Asks a running lab; undefined when none runs in this folder. */
export function ask(dir: string, path: string, operation: Operation): Promise<Stats | undefined> {
  const back = process.cwd();
  return new Promise((resolve) => {
    // A path relative to the folder stays within the 107 bytes of a socket's address.
    process.chdir(dir);
    const socket = connect(path);
    process.chdir(back);
    let answer = "";
    socket.on("connect", () => socket.write(`${operation}\n`));
    socket.on("data", (data) => (answer += data.toString("utf8")));
    socket.on("error", () => resolve(undefined));
    socket.on("close", () => resolve(answer === "" ? undefined : (JSON.parse(answer) as Stats)));
  });
}
