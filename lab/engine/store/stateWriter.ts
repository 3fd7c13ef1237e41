import { closeSync, fsync, openSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { promisify } from "node:util";
import { messageOf, UserError } from "../errors";
import type { Backend } from "./backend";
import { keepAsBackup, temporaryName } from "./files";

/** Where a run puts its state, as the bytes of its JSON: each takes the place of the one before, whole. */
export interface StateSink {
  /** Resolves once it is on disk; the event loop goes on meanwhile. One at a time. */
  write(deployment: Buffer): Promise<void>;
  /** Returns once it is on disk; what `write` is still at does not come after it. */
  writeNow(deployment: Buffer): void;
}

/** The state file of a stack while an update runs. Its errors are UserErrors that name the file. */
export class StateWriter implements StateSink {
  private underway: string | undefined;

  constructor(
    private readonly backend: Backend,
    private readonly stack: string,
  ) {}

  async write(deployment: Buffer): Promise<void> {
    const path = this.backend.stackPath(this.stack);
    const temporary = (this.underway = temporaryName(path));
    try {
      const fd = openSync(temporary, "wx", 0o600);
      try {
        writeFileSync(fd, this.backend.checkpointText(this.stack, deployment));
        // The disk is what takes time; each further wait would be one more turn on a busy machine.
        await onDisk(fd);
      } finally {
        closeSync(fd);
      }
      if (this.underway !== temporary) return rmSync(temporary, { force: true });
      // At once, so that nothing newer can be written in between.
      keepAsBackup(path);
      renameSync(temporary, path);
    } catch (error) {
      rmSync(temporary, { force: true });
      throw notWritten(path, error);
    }
  }

  writeNow(deployment: Buffer): void {
    const superseded = this.underway;
    this.underway = undefined;
    try {
      this.backend.writeText(this.stack, deployment);
    } catch (error) {
      throw notWritten(this.backend.stackPath(this.stack), error);
    }
    if (superseded) rmSync(superseded, { force: true });
  }
}

const onDisk = promisify(fsync);

const notWritten = (path: string, error: unknown): UserError =>
  new UserError(`failed to write the state ${path}: ${messageOf(error)}`);
