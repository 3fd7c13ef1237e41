import { readFileSync } from "node:fs";
import { join } from "node:path";

/** What every script begins with. */
const prelude = ["prelude", "output", "locks", "files", "stacks"].map((name) =>
  join(__dirname, "scripts", `${name}.sh`),
);

/** Goes before a script that has another one run in a guest, or beside itself. */
export const insideScript = join(__dirname, "scripts", "inside.sh");

/**
 * The text of a host script: the shared prelude, what stacks mark on a node, then the given files, joined. The files are parts of one
 * program; values never become part of it, they come on standard input.
 */
export function scriptText(...files: string[]): string {
  return [...prelude.map(withoutComments), ...files.map(text)].join("\n\n") + "\n";
}

function text(file: string): string {
  return file === insideScript ? withoutComments(file) : readFileSync(file, "utf8").trimEnd();
}

/** A script that stands in the state of each step: comments but its title are for those who read the file itself. */
function withoutComments(file: string): string {
  const lines = readFileSync(file, "utf8").trimEnd().split("\n");
  return lines.filter((line, index) => index < 2 || !/^\s*(#|$)/.test(line)).join("\n");
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
