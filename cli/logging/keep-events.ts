/**
 * A process of its own: `keep-events FOLDER FILE`. Writes the engine's events from a pipe, its descriptor 3, to a file, without
 * the secrets that stand as a JSON list on its standard input. It outlives a phoenix that is killed, so that the
 * engine never waits for a reader, and ends when nobody has the pipe open for writing; then it removes the pipe's folder.
 */
import { createReadStream, fchmodSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { eventRedactor, Lines, redactor } from "./redact";

const [folder = "", file = ""] = process.argv.slice(2);
const events = createReadStream("", { fd: 3 });
const redact = eventRedactor(redactor(JSON.parse(readFileSync(0, "utf8")) as string[]));
const kept = openSync(file, "w", 0o600);
fchmodSync(kept, 0o600);
const lines = new Lines((line) => {
  const whole = line.endsWith("\n");
  writeSync(kept, redact(whole ? line.slice(0, -1) : line) + (whole ? "\n" : ""));
});
events.on("data", (data) => lines.add(data as Buffer));
events.on("close", () => {
  lines.end();
  rmSync(folder, { recursive: true, force: true });
});
