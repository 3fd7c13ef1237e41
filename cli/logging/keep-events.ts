/**
 * A process of its own: `keep-events FOLDER FILE`. Writes the engine's events from a pipe, its descriptor 3, to a file, without
 * the secrets that stand as a JSON list on its standard input. It outlives a phoenix that is killed, so that the
 * engine never waits for a reader, and ends when nobody has the pipe open for writing; then it removes the pipe's folder.
 */
import { fchmodSync, openSync, readFileSync, readSync, rmSync, writeFileSync } from "node:fs";
import { eventRedactor, redactor, suspector } from "./redact";

const PIPE = 3;
const NEWLINE = 10;

const [folder = "", file = ""] = process.argv.slice(2);
const secrets = JSON.parse(readFileSync(0, "utf8")) as string[];
const kept = openSync(file, "w", 0o600);
fchmodSync(kept, 0o600);
const isSuspect = suspector(secrets);
const redact = eventRedactor(redactor(secrets));

/** The events of one run are 20 MB: whole lines that hold no secret go through as bytes. */
function keep(lines: Buffer): void {
  writeFileSync(kept, isSuspect(lines) ? lines.toString().split("\n").map(redact).join("\n") : lines);
}

/** What was read and not kept yet stands in front: the beginning of a line. */
let buffer = Buffer.allocUnsafe(1 << 20);
let length = 0;
for (;;) {
  const read = readSync(PIPE, buffer, length, buffer.length - length, null);
  if (read === 0) break;
  const end = buffer.subarray(0, length + read).lastIndexOf(NEWLINE) + 1;
  length += read;
  if (end > 0) {
    keep(buffer.subarray(0, end));
    buffer.copyWithin(0, end, length);
    length -= end;
  }
  if (length === buffer.length) buffer = Buffer.concat([buffer], 2 * length);
}
keep(buffer.subarray(0, length));
rmSync(folder, { recursive: true, force: true });
