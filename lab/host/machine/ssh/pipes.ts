/**
 * Real pipes for the standard streams of a process. Node gives a child sockets, on which `> /dev/stderr`,
 * `tee /dev/stdout` and the like fail; sshd gives it pipes.
 */
import { spawnSync } from "node:child_process";
import { closeSync, constants, mkdtempSync, openSync, unlinkSync } from "node:fs";
import { Socket } from "node:net";
import { join } from "node:path";

const { O_NONBLOCK, O_RDONLY, O_RDWR, O_WRONLY } = constants;
const batch = 60;

/** One pipe: our end as a stream, the child's end as a file descriptor to be closed after the spawn. */
export interface Pipe {
  ours: Socket;
  theirs: number;
}

/** Makes pipes from named ones, a batch per call of mkfifo. */
export class PipeMaker {
  readonly #folder: string;
  #names: string[] = [];
  #made = 0;

  /** @param folder where the names stand until they are used */
  constructor(folder: string) {
    this.#folder = mkdtempSync(join(folder, "pipes-"));
    this.#refill();
  }

  /** A pipe from the child to us. */
  fromChild(): Pipe {
    return this.#open(O_RDONLY, O_WRONLY, (fd) => new Socket({ fd, readable: true, writable: false }));
  }

  /** A pipe from us to the child. */
  toChild(): Pipe {
    return this.#open(O_WRONLY, O_RDONLY, (fd) => new Socket({ fd, readable: false, writable: true }));
  }

  #open(our: number, their: number, stream: (fd: number) => Socket): Pipe {
    if (this.#names.length === 0) this.#refill();
    const path = this.#names.pop() ?? "";
    // Held open both ways for a moment, so that opening one way does not wait for the other.
    const both = openSync(path, O_RDWR);
    const theirs = openSync(path, their);
    const ours = openSync(path, our | O_NONBLOCK);
    closeSync(both);
    unlinkSync(path);
    return { ours: stream(ours), theirs };
  }

  #refill(): void {
    this.#names = Array.from({ length: batch }, () => join(this.#folder, String(++this.#made)));
    const { status } = spawnSync("mkfifo", ["-m", "600", ...this.#names]);
    if (status !== 0) throw new Error("mkfifo failed");
  }
}
