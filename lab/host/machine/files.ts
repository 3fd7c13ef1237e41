/** Small files that must never be seen half written. */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

/** Replaces a file in one step; `mode` applies to the new file. */
export function writeAtomically(path: string, content: string, mode = 0o644): void {
  mkdirSync(dirname(path), { recursive: true });
  const next = `${path}.new`;
  writeFileSync(next, content, { mode });
  renameSync(next, path);
}

/** A JSON file's value; `initial` when there is no such file. */
export function readJson<T>(path: string, initial: T): T {
  return existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as T) : initial;
}

/** Writes a value as JSON in one step. */
export function writeJson(path: string, value: unknown, mode = 0o644): void {
  writeAtomically(path, `${JSON.stringify(value, null, 2)}\n`, mode);
}
