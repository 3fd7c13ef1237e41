import { readFileSync } from "node:fs";
import { join } from "node:path";

const front = ["prelude", "stacks"].map((name) => join(__dirname, "scripts", `${name}.sh`));

/**
 * The text of a host script: the shared prelude, what stacks mark on a node, then the given files, joined. The files are parts of one
 * program; values never become part of it, they come on standard input.
 */
export function scriptText(...files: string[]): string {
  return [...front, ...files].map((file) => readFileSync(file, "utf8").trimEnd()).join("\n\n") + "\n";
}

/**
 * Settings as the JSON text of a script's standard input: keys sorted, absent ones left out, so that what
 * differs only in order is no change.
 */
export function settingsText(settings: unknown): string {
  return JSON.stringify(settings, (_key, value: unknown) =>
    value !== null && typeof value === "object" && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
}
