import type { Context } from "../shared/provider";
import type { Wire } from "../shared/wire";

/** Longest line the real plugin's scanner takes, in bytes, its line end included. */
const scannerLimit = 64 * 1024;

/**
 * The stream a command's output is logged from. The real plugin hangs for ever on a line of 64 KiB or more
 * that is being logged; here that is an error, at once.
 */
export class OutputLog {
  #rest = Buffer.alloc(0);
  #sent: Promise<void> = Promise.resolve();
  #overlong = false;

  constructor(
    readonly option: Wire | undefined,
    readonly context: Context,
  ) {}

  /** Takes a piece of one of the streams. */
  write(stream: "stdout" | "stderr", piece: Buffer): void {
    const option = this.option ?? "stdoutAndStderr";
    if (option !== stream && option !== "stdoutAndStderr") return;
    this.#rest = Buffer.concat([this.#rest, piece]);
    for (let end = this.#rest.indexOf(10); end !== -1; end = this.#rest.indexOf(10)) {
      this.#send(this.#rest.subarray(0, end));
      this.#rest = this.#rest.subarray(end + 1);
    }
    if (this.#rest.length >= scannerLimit) this.#overlong = true;
  }

  /** Ends when the engine has every line. */
  async finish(): Promise<void> {
    if (this.#overlong)
      throw new Error(
        "a line of 64 KiB or more was written while being logged; the real command plugin hangs on it: " +
          "set logging to none or break the line",
      );
    if (this.#rest.length > 0) this.#send(this.#rest);
    this.#rest = Buffer.alloc(0);
    await this.#sent;
  }

  #send(line: Buffer): void {
    if (line.length >= scannerLimit) this.#overlong = true;
    const message = line.toString().replace(/\r$/, "");
    this.#sent = this.#sent.then(() => this.context.status("info", message));
  }
}
