/** The host's package sources as apt reads them: /etc/apt/sources.list and sources.list.d. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { inRoot } from "../confined";

/** One line of sources.list, or one combination of a stanza. */
export interface Source {
  uri: string;
  suite: string;
  components: string[];
  signedBy?: string;
  /** The administrator trusts it without a signature. */
  trusted?: boolean;
  /** File, and its line or stanza, as apt names it: `/etc/apt/sources.list:2`. */
  place: string;
}

/** apt cannot read its sources: nothing works until they are mended. */
export class SourcesError extends Error {}

const words = (text: string | undefined) => (text ?? "").split(/\s+/).filter((word) => word !== "");

/**
 * All enabled sources, in apt's order.
 *
 * @throws SourcesError with apt's own message (apt-pkg/sourcelist.cc, apt-pkg/deb/debmetaindex.cc)
 */
export function readSources(root: string): Source[] {
  const folder = "/etc/apt/sources.list.d";
  const names = existsSync(inRoot(root, folder)) ? readdirSync(inRoot(root, folder)).sort() : [];
  const paths = names
    .filter((name) => /^[A-Za-z0-9_.-]+\.(list|sources)$/.test(name))
    .map((name) => `${folder}/${name}`);
  const found = ["/etc/apt/sources.list", ...paths]
    .filter((path) => existsSync(inRoot(root, path)))
    .flatMap((path) => {
      const text = readFileSync(inRoot(root, path), "utf8");
      return path.endsWith(".sources") ? stanzas(path, text) : lines(path, text);
    });
  refuseConflicts(found);
  return found;
}

/** Entries of one suite must name the same key, where they name one. @throws SourcesError */
function refuseConflicts(sources: Source[]): void {
  const keys = new Map<string, string>();
  for (const { uri, suite, signedBy } of sources) {
    if (signedBy === undefined) continue;
    const before = keys.get(`${uri}/ ${suite}`) ?? signedBy;
    if (before !== signedBy)
      throw new SourcesError(
        `Conflicting values set for option Signed-By regarding source ${uri}/ ${suite}: ${before} != ${signedBy}`,
      );
    keys.set(`${uri}/ ${suite}`, signedBy);
  }
}

/**
 * What apt says of targets that two entries ask for; a warning that fails nothing, also with `--error-on=any`.
 * An update prints it twice: when it reads the sources, and when it reads the lists.
 */
export function duplicates(sources: Source[]): string[] {
  const seen = new Map<string, string>();
  return sources.flatMap(({ uri, suite, components, place }) =>
    [...new Set(components.length > 0 ? components : [""])].flatMap((component) => {
      const key = `${uri} ${suite} ${component}`;
      const before = seen.get(key);
      if (before === undefined) {
        seen.set(key, place);
        return [];
      }
      const at = component === "" ? "" : `${component}/`;
      return [
        `Packages (${at}${component === "" ? "" : "binary-amd64/"}Packages)`,
        ...(component === "" ? [] : [`Packages (${at}binary-all/Packages)`]),
        ...(component === "" ? [] : [`Translations (${at}i18n/Translation-en)`]),
      ].map((target) => `W: Target ${target} is configured multiple times in ${before} and ${place}`);
    }),
  );
}

function lines(path: string, text: string): Source[] {
  return text.split("\n").flatMap((raw, index) => {
    const line = raw.replace(/#.*$/, "").trim();
    if (line === "") return [];
    const malformed = (what: string) =>
      new SourcesError(`Malformed entry ${index + 1} in list file ${path} (${what})`);
    const [, type = "", options = "", rest = ""] = /^(\S+)\s*(?:\[([^\]]*)\])?\s*(.*)$/.exec(line) ?? [];
    if (type !== "deb" && type !== "deb-src") {
      throw new SourcesError(`Type '${type}' is not known on line ${index + 1} in source list ${path}`);
    }
    const [uri, suite, ...components] = words(rest);
    if (uri === undefined) throw malformed("URI");
    if (suite === undefined) throw malformed("Suite");
    if (!uri.includes(":")) throw malformed("URI parse");
    if (suite.endsWith("/") === components.length > 0)
      throw malformed(suite.endsWith("/") ? "absolute Suite Component" : "Component");
    if (type === "deb-src") return [];
    const given = Object.fromEntries(words(options).map((word) => word.split("=", 2) as [string, string]));
    return [source(`${path}:${index + 1}`, uri, suite, components, given["signed-by"], given["trusted"])];
  });
}

function stanzas(path: string, text: string): Source[] {
  const found: Source[] = [];
  const blocks = text
    .split(/\n[ \t]*\n/)
    .map((block) => block.split("\n").filter((line) => !line.startsWith("#")));
  let number = 0;
  for (const block of blocks) {
    if (block.every((line) => line.trim() === "")) continue;
    number += 1;
    const fields = readFields(path, block);
    if (fields["types"] === undefined)
      throw new SourcesError(`Malformed stanza ${number} in source list ${path} (type)`);
    const malformed = (what: string) =>
      new SourcesError(`Malformed entry ${number} in sources file ${path} (${what})`);
    const types = words(fields["types"]);
    const unknown = types.find((type) => type !== "deb" && type !== "deb-src");
    if (unknown !== undefined)
      throw new SourcesError(`Type '${unknown}' is not known on stanza ${number} in source list ${path}`);
    if (/^(no|false|without|off|disable|0)$/i.test(fields["enabled"]?.trim() ?? "")) continue;
    const [uris, suites, components] = [
      words(fields["uris"]),
      words(fields["suites"]),
      words(fields["components"]),
    ];
    if (uris.length === 0 || uris.some((uri) => !/^[a-z][a-z+]*:/.test(uri))) throw malformed("URI");
    if (suites.length === 0) throw malformed("Suite");
    for (const suite of suites) {
      if (suite.endsWith("/") && components.length > 0) throw malformed("absolute Suite Component");
      if (!suite.endsWith("/") && components.length === 0) throw malformed("Component");
    }
    if (!types.includes("deb")) continue;
    for (const uri of uris) {
      for (const suite of suites)
        found.push(
          source(`${path}:${number}`, uri, suite, components, fields["signed-by"], fields["trusted"]),
        );
    }
  }
  return found;
}

function readFields(path: string, block: string[]): Record<string, string> {
  const fields: Record<string, string> = {};
  let last: string | undefined;
  for (const line of block) {
    if (/^[ \t]/.test(line) && last !== undefined) {
      fields[last] += `\n${line.trim()}`;
      continue;
    }
    const [, name, value = ""] = /^([!-9;-~]+):[ \t]*(.*)$/.exec(line) ?? [];
    if (name === undefined && line.trim() !== "")
      throw new SourcesError(`Unable to parse package file ${path} (1)`);
    if (name === undefined) continue;
    last = name.toLowerCase();
    fields[last] = value;
  }
  return fields;
}

function source(
  place: string,
  uri: string,
  suite: string,
  components: string[],
  signedBy?: string,
  trusted?: string,
): Source {
  return {
    place,
    uri: uri.replace(/\/*$/, ""),
    suite,
    components,
    ...(signedBy !== undefined && signedBy.trim() !== "" ? { signedBy: signedBy.trim() } : {}),
    ...(trusted === "yes" ? { trusted: true } : {}),
  };
}
