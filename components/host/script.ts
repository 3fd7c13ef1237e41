import { readFileSync } from "node:fs";
import { join } from "node:path";

/** What every script begins with. */
const prelude = ["prelude", "output", "locks", "files", "stacks", "guests"].map((name) =>
  join(__dirname, "scripts", `${name}.sh`),
);

/** Goes before a script that has another one run in a guest, or beside itself. */
export const insideScript = join(__dirname, "scripts", "inside.sh");

/**
 * The text of a host script: the shared prelude, with what stacks mark and guests have on a node, then the given files,
 * joined. The files are parts of one program; values never become part of it, they come on standard input.
 */
export function scriptText(...files: string[]): string {
  return [title, ...[...prelude, ...files].map(sent)].join("\n") + "\n";
}

/** The first two lines of every text: what runs it, and what it is. */
const title = readFileSync(prelude[0]!, "utf8").split("\n", 2).join("\n");

const texts = new Map<string, string>();

/** What of a script's file is sent. A run joins the same few files for every step. */
function sent(file: string): string {
  let text = texts.get(file);
  if (text === undefined) {
    text = withoutComments(readFileSync(file, "utf8").trimEnd().split("\n")).join("\n");
    texts.set(file, text);
  }
  return text;
}

/**
 * Lines of a script without its comments, which are for those who read the file: the text stands in the state of each
 * step, and is one packet of SSH. What stands in a here-document stays.
 */
function withoutComments(lines: string[]): string[] {
  let end: string | undefined;
  return lines.filter((line) => {
    if (end !== undefined) {
      if (line === end) end = undefined;
      return true;
    }
    if (/^\s*(#|$)/.test(line)) return false;
    end = /(?<!<)<<'?([A-Z]+)'?/.exec(line)?.[1];
    return true;
  });
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
