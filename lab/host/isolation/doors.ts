/**
 * The two ways into the lab's host: listening sockets on the machine's loopback. The daemon has no network of
 * its own but a loopback (network.sh), so that nothing in the host can open a connection beyond it.
 */
import { spawn } from "node:child_process";
import { openSync } from "node:fs";
import type { Server } from "node:net";
import { join } from "node:path";

const helper = join(__dirname, "listen.js");

/** Opens listening sockets in the network that the lab was started from. */
export class Outside {
  readonly #network: number;

  /** @param network its namespace, such as /proc/1234/ns/net; held open from now on */
  constructor(network: string) {
    this.#network = openSync(network, "r");
  }

  /** Listens on 127.0.0.1; throws a PortTaken, or what else stood in the way. */
  listen(port: number): Promise<Server> {
    const enter = ["--net=/proc/self/fd/4", "--", process.execPath, helper, String(port)];
    const child = spawn("nsenter", enter, { stdio: ["ignore", "ignore", "inherit", "ipc", this.#network] });
    return new Promise((resolve, reject) => {
      child.on("error", reject);
      child.on("exit", (code) => reject(new Error(`listening on port ${port} ended with ${code}`)));
      child.on("message", (message: { error?: string; code?: string }, server) => {
        if (message.code === "EADDRINUSE") reject(new PortTaken(port));
        else if (message.error !== undefined) reject(new Error(message.error));
        else resolve(server as Server);
      });
    });
  }
}

/** Another program listens where this lab did before. */
export class PortTaken extends Error {
  constructor(port: number) {
    super(
      `port ${port} of 127.0.0.1, which this lab keeps, is taken by another program: ` +
        "end that one, or lab start --new-ports chooses others",
    );
  }
}
