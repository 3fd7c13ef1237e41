"use strict";
// What npm test says while it runs: a line for each process that has ended, or, on a terminal, one line that stays.
const { clearInterval, setInterval } = require("node:timers");

/** 75 seconds are "1 min 15 s". */
function duration(seconds) {
  const whole = Math.round(seconds);
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, "0")} s`;
}

const count = (number, noun, nouns = `${noun}s`) => `${number} ${number === 1 ? noun : nouns}`;

const nameOf = ({ files }) => (files.length === 1 ? files[0] : `${files.length} files in one process`);

class Progress {
  #began = Date.now();
  #done = 0;
  #failed = 0;
  #running = new Set();
  #timer;

  /** @param output a stream, which may be a terminal */
  constructor(output, { files, seconds }) {
    this.output = output;
    this.files = files;
    this.seconds = seconds;
    if (output.isTTY) this.#timer = setInterval(() => this.#showLine(), 1000);
  }

  started(unit) {
    this.#running.add(unit);
    this.#showLine();
  }

  ended(unit, { passed, failed, skipped, seconds, why }) {
    this.#running.delete(unit);
    this.#done += unit.files.length;
    this.#failed += failed;
    const tests = count(passed + failed + skipped.length, "test");
    const result = [tests, ...(failed ? [`${failed} failed`] : []), ...(why ? [why] : []), duration(seconds)];
    const line = `${failed ? "✖" : "✔"} ${nameOf(unit)}: ${result.join(", ")}`;
    // On a terminal only what failed stays to be seen.
    if (!this.output.isTTY) this.print(`[${this.#place()}] ${line}\n`);
    else if (failed) this.print(`${line}\n`);
    this.#showLine();
  }

  print(text) {
    this.#clearLine();
    this.output.write(text);
    this.#showLine();
  }

  end() {
    clearInterval(this.#timer);
    this.#running.clear();
    this.#clearLine();
  }

  #place() {
    const width = String(this.files).length;
    return `${String(this.#done).padStart(width)}/${this.files}`;
  }

  #clearLine() {
    if (this.output.isTTY) this.output.write("\r\x1b[2K");
  }

  #showLine() {
    if (!this.output.isTTY || this.#running.size === 0) return;
    const time = `${duration((Date.now() - this.#began) / 1000)} of about ${duration(this.seconds)}`;
    const failed = this.#failed ? `, ${this.#failed} failed` : "";
    const line = `${this.#place()} files, ${time}${failed}: ${[...this.#running].map(nameOf).join(", ")}`;
    this.output.write(`\r\x1b[2K${line.slice(0, (this.output.columns || 80) - 1)}`);
  }
}

module.exports = { count, duration, Progress };
