/**
 * Real pipes for the standard streams of a process. Node gives a child sockets, on which `> /dev/stderr`,
 * `install /dev/stdin` and the like fail; named pipes block when such a name is opened late; sshd gives pipes.
 */
import { spawn } from "node:child_process";
import { closeSync, constants, openSync } from "node:fs";
import { Socket } from "node:net";

const { O_NONBLOCK, O_RDONLY, O_RDWR, O_WRONLY } = constants;

/** How many are made at a time, and below how many more are made. */
const batch = 48;
const reserve = 24;

/** One pipe: our end as a stream, the child's end as a file descriptor to be closed after the spawn. */
export interface Pipe {
  ours: Socket;
  theirs: number;
}

/** Hands out pipes. Node cannot make one; bash does, and we open it through /proc. */
export class PipeMaker {
  #free: number[] = [];
  #making: Promise<void> | undefined;
  readonly #proc: string;

  /** @param proc a /proc of the daemon's own process namespace: the machine's counts processes otherwise */
  constructor(proc: string) {
    this.#proc = proc;
  }

  /** Standard input, output and error of one process. */
  async take(): Promise<[input: Pipe, output: Pipe, errors: Pipe]> {
    while (this.#free.length < 3) await this.prepare();
    const fds = this.#free.splice(0, 3);
    if (this.#free.length < reserve) void this.prepare();
    const [input, output, errors] = fds as [number, number, number];
    return [this.#open(input, false), this.#open(output, true), this.#open(errors, true)];
  }

  /** Makes a batch; one at a time. */
  prepare(): Promise<void> {
    this.#making ??= this.#make().finally(() => (this.#making = undefined));
    return this.#making;
  }

  async #make(): Promise<void> {
    const script = `for ((i = 0; i < ${batch}; i++)); do exec {fd}< <(:); echo "$fd"; done; echo end; read -r _`;
    const bash = spawn("bash", ["-c", script], { stdio: ["pipe", "pipe", "ignore"] });
    let text = "";
    await new Promise<void>((resolve, reject) => {
      bash.on("error", reject);
      bash.on("exit", () => reject(new Error("bash made no pipes")));
      bash.stdout.on("data", (data: Buffer) => {
        text += data.toString();
        if (text.endsWith("end\n")) resolve();
      });
    });
    const numbers = text.split("\n").slice(0, batch);
    this.#free.push(...numbers.map((fd) => openSync(`${this.#proc}/${bash.pid}/fd/${fd}`, O_RDWR)));
    bash.stdin.end();
  }

  #open(fd: number, fromChild: boolean): Pipe {
    const path = `/proc/self/fd/${fd}`;
    const ours = openSync(path, (fromChild ? O_RDONLY : O_WRONLY) | O_NONBLOCK);
    const theirs = openSync(path, fromChild ? O_WRONLY : O_RDONLY);
    closeSync(fd);
    return { ours: new Socket({ fd: ours, readable: fromChild, writable: !fromChild }), theirs };
  }
}
