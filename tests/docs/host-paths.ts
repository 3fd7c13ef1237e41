/** What the host scripts name below the folders of Phoenix on a host, read out of their text. */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { repository } from "../helpers/repository";
import { filesBelow } from "./files";

/** The folders, by the variable that the scripts' prelude gives each. */
const roots: Record<string, string> = {
  PHOENIX_STATE: "/var/lib/phoenix",
  PHOENIX_LOGS: "/var/log/phoenix_hypervisor",
  PHOENIX_RUN: "/run/phoenix",
};

/** Stands for what a script puts into a path when it runs. */
export const ANY = "§";

interface Script {
  path: string;
  text: string;
}

/** Paths by the name of a variable or function. */
type Names = Map<string, Set<string>>;

const scripts: Script[] = filesBelow("components", ".sh").map((path) => ({
  path,
  text: readFileSync(join(repository, path), "utf8").replace(/^\s*#.*$/gm, ""),
}));

/** What may follow a folder in a path: letters, variables, patterns, and the quote that ends before one of them. */
const rest = String.raw`((?:"(?=[/.])|\$\{[^}]*\}|\$\([^()]*\)|\$\w+|[\w./*%+-])*)`;
const begin = String.raw`\$\{([A-Za-z_]\w*)(?::[?=-][^}]*)?\}|\$([A-Za-z_]\w*)|\$\((\w+)[^()]*\)|(${Object.values(roots).join("|")})(?![\w-])`;
const place = `"?(?:${begin})${rest}`;

const general = (text: string) =>
  text
    .replaceAll('"', "")
    .replaceAll(/\$\{[^}]*\}|\$\([^()]*\)|\$\w+|%[sd]|\*+|X{6}/g, ANY)
    // A variable right behind a name is a whole path.
    .replaceAll(new RegExp(`([a-z])${ANY}`, "g"), `$1/${ANY}`)
    .replace(/[./]+$/, "");

type Lookup = (name: string) => Iterable<string>;

/** Every path of a text, by what its names stand for. */
function placesIn(text: string, lookup: Lookup): string[] {
  return [...text.matchAll(new RegExp(place, "g"))].flatMap(
    ([, braced, plain, called = "", root, more = ""]) => {
      const begins = root === undefined ? [...lookup(braced ?? plain ?? `${called}()`)] : [root];
      return begins.map((folder) => folder + general(more));
    },
  );
}

/** Names that a script gives to paths: those of its variables, and of functions that print one. */
function namesOf({ text }: Script, lookup: Lookup): [name: string, paths: string[]][] {
  const variables = [...text.matchAll(new RegExp(`\\b([A-Za-z_]\\w*)=(${place})`, "g"))];
  const functions = [...text.matchAll(/^(\w+)\(\) \{ printf '%s([^'\\]*)(?:\\n)?' "\$(\w+)"/gm)];
  return [
    ...variables
      .filter(([, name = ""]) => !(name in roots))
      .map(([, name = "", expression = ""]): [string, string[]] => [name, placesIn(expression, lookup)]),
    ...functions.map(([, name = "", format = "", variable = ""]): [string, string[]] => [
      `${name}()`,
      [...lookup(variable)].map((folder) => folder + general(format)),
    ]),
  ];
}

/** All that is named, each with the scripts that name it. */
export function namedPaths(): Map<string, string[]> {
  const own = new Map(scripts.map(({ path }) => [path, new Map() as Names]));
  /** A name is the script's own, else that of one beside it, else, in capitals or of a function, anybody's. */
  const lookupFor =
    (path: string): Lookup =>
    (name) => {
      if (name in roots) return [roots[name]!];
      const found = (holds: (other: string) => boolean) =>
        [...own].flatMap(([other, names]) => (holds(other) ? [...(names.get(name) ?? [])] : []));
      const mine = found((other) => other === path);
      if (mine.length > 0 || !/^[A-Z_]+$|\(\)$/.test(name)) return mine;
      const beside = found((other) => dirname(other) === dirname(path));
      return beside.length > 0 ? beside : found(() => true);
    };
  // A name may stand on another one's.
  for (let round = 0; round < 3; round++) {
    for (const script of scripts) {
      const names = own.get(script.path)!;
      for (const [name, paths] of namesOf(script, lookupFor(script.path)))
        if (paths.length > 0) names.set(name, new Set([...(names.get(name) ?? []), ...paths]));
    }
  }
  const named = new Map<string, string[]>();
  const tell = (path: string, script: string) =>
    named.set(path, [...new Set([...(named.get(path) ?? []), script])]);
  for (const { path, text } of scripts) {
    for (const found of placesIn(text, lookupFor(path))) tell(found, path);
    for (const found of own.get(path)!.values()) for (const one of found) tell(one, path);
    // The administrator's notes are written by a function that is given their names.
    if (path.includes("/admin-user/"))
      for (const [, what] of text.matchAll(/\bnote(?:_attributes)? "\$\w+" ([a-z][a-z-]*)/g))
        tell(`${roots.PHOENIX_STATE}/admin-user/${ANY}/${what}`, path);
  }
  return named;
}

/** Names of files and units of Phoenix in other folders of the host, such as `phoenix-nouveau.conf`. */
export function namedElsewhere(): Map<string, string> {
  const found = new Map<string, string>();
  for (const { path, text } of scripts) {
    for (const [, name = ""] of text.matchAll(/(?:\/|\b[A-Z_]+=)((?:zz-)?phoenix[-.][\w%.-]*\w)/g))
      found.set(name.replaceAll(/%[sd]/g, ANY), path);
  }
  return found;
}
