/** Small files that must never be seen half written. */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

/**
 * Makes a folder and those above it. Below the root of a guest that has just ended, /proc/PID/root, mkdir says ENOENT
 * although the folder above is there, and Node's own recursive mkdir would try for ever.
 */
export function makeFolder(path: string): void {
  if (existsSync(path)) return;
  makeFolder(dirname(path));
  try {
    mkdirSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
}

/** Replaces a file in one step; `mode` applies to the new file. */
export function writeAtomically(path: string, content: string, mode = 0o644): void {
  makeFolder(dirname(path));
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
