import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { ScriptStep } from "../../plan/step";

/** What scripts name the files that they source from. */
const components = join(__dirname, "..");

/** What every host script has in front, whether it says so or not. */
const prelude = join(__dirname, "lib", "prelude.sh");

/** A script file, without the lines by which it sources others. */
interface Source {
  /** Files that it sources, in its order. */
  files: string[];
  /** Its lines, each with its end. */
  text: string;
  /** The text without comments and empty lines. */
  code: string;
}

/**
 * The text of a host script: the shared prelude, what the files source, and the files. It is one program; values never
 * become part of it, they come on standard input. Several files are joined in this order, for what runs before a script
 * without its knowledge.
 */
export function scriptText(...files: string[]): string {
  return [title, ...bundle(prelude, ...files).map((file) => read(file).code)].join("");
}

/** The prelude's files. */
export const preludeFiles = (): string[] => bundle(prelude);

/** What scripts source and are, without the prelude: the files in their order. */
export const filesOf = (...files: string[]): string[] => {
  const shared = new Set(preludeFiles());
  return bundle(prelude, ...files).filter((file) => !shared.has(file));
};

/** The text of a file as it is sent: without the lines by which it sources others, and without comments. */
export const codeOf = (file: string): string => read(file).code;

/** The text of a script that runs in a guest: the same without the prelude, each file as it stands there. */
export function guestScriptText(file: string): string {
  return bundle(file)
    .map((each) => read(each).text)
    .join("\n");
}

/** The files, each after those that it sources and each once: depth first, as bash would read them. */
export function bundle(...files: string[]): string[] {
  const seen = new Set<string>();
  const found: string[] = [];
  const follow = (file: string) => {
    if (seen.has(file)) return;
    seen.add(file);
    read(file).files.forEach(follow);
    found.push(file);
  };
  files.forEach(follow);
  return found;
}

const ended = (lines: string[]) => lines.map((line) => `${line}\n`).join("");

const sources = new Map<string, Source>();

/** A file, read once: a run joins the same few for every step. */
function read(file: string): Source {
  let source = sources.get(file);
  if (source === undefined) {
    const all = readFileSync(file, "utf8").trimEnd().split("\n");
    const sourced = all.map((line) => /^\. (\S+\.sh)$/.exec(line)?.[1]);
    const own = all.filter((_line, place) => sourced[place] === undefined);
    source = {
      files: sourced.flatMap((path) => path ?? []).map((path) => join(components, path)),
      text: ended(own),
      code: ended(withoutComments(own)),
    };
    sources.set(file, source);
  }
  return source;
}

/** The first two lines of every text: what runs it, and what it is. */
const title = ended(read(prelude).text.split("\n", 2));

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

/** What a step's script is given on standard input: its settings, and what every step says of itself. */
export const stepText = (
  { name, makes }: Pick<ScriptStep, "name" | "makes">,
  tag: string | undefined,
  settings: Record<string, unknown>,
): string => settingsText({ tag, resource: name, makes: makes && [...makes].sort(), ...settings });

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
