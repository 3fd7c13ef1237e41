/** `apt-get update`: reads the configured archives, and remembers what is known from then on. */
import type { Host } from "../../types";
import { findArchive } from "./archives";
import { keyringProblem } from "./keyrings";
import { findPackage } from "./ofHost";
import { duplicates, readSources, type Source } from "./repositories";
import { resolves } from "../network/names";
import type { Origin, Package } from "./types";

const section = "apt-lists";

/** Origins whose lists have been read, with the archive's line for messages. */
type Lists = Partial<Record<Origin, string>>;

/** Lists from the last update; a repository that is gone from the sources is not known any more. */
export function knownLists(host: Host): Lists {
  return host.store.get<Lists>(section, {});
}

const originsOf = ({ from = "debian" }: Package): Origin[] => (Array.isArray(from) ? from : [from]);

/** Whether apt-get can fetch a package now. */
export function available(host: Host, name: string): boolean {
  const found = findPackage(host, name);
  if (found === undefined || (found.release !== undefined && found.release !== host.release)) return false;
  const lists = knownLists(host);
  return originsOf(found).some((origin) => lists[origin] !== undefined);
}

/** `http://deb.debian.org/debian trixie/main`, as apt names where a package comes from. */
export function archiveLine(host: Host, name: string): string {
  const lists = knownLists(host);
  const origin = originsOf(findPackage(host, name) ?? { version: "" }).find(
    (one) => lists[one] !== undefined,
  );
  return (origin && lists[origin]) ?? "/var/lib/dpkg/status";
}

interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
}

/**
 * Fetches every list. As with apt, a server that cannot be reached is a warning and old lists are kept; a
 * repository that is refused, missing or not signed is an error.
 *
 * @param strict `--error-on=any`: a warning fails too
 * @throws SourcesError when the sources cannot be read
 */
export async function update(host: Host, strict = false): Promise<Outcome> {
  const sources = readSources(host.root);
  await host.latency("apt-get update");
  const out: string[] = [];
  const problems: string[] = [];
  let [failed, warned] = [false, false];
  const before = knownLists(host);
  const lists: Lists = {};
  for (const [index, source] of sources.entries()) {
    const name = `${source.uri} ${source.suite} InRelease`;
    const got = fetchList(host, source);
    if (got.kind === "good") {
      out.push(`${before === lists ? "Hit" : "Get"}:${index + 1} ${name}`);
      for (const [origin, line] of got.origins) lists[origin] ??= line;
      problems.push(...got.warnings);
      continue;
    }
    out.push(`${got.kind === "ignored" ? "Ign" : "Err"}:${index + 1} ${name}`, `  ${got.short}`);
    problems.push(...got.lines);
    if (got.kind === "error") failed = true;
    else {
      warned = true;
      for (const [origin, line] of Object.entries(before) as [Origin, string][]) {
        if (line.startsWith(source.uri)) lists[origin] ??= line;
      }
    }
  }
  host.store.set(section, lists);
  const twice = duplicates(sources);
  // apt-get(8), --error-on=any: transient failures are errors as well.
  const mark = strict ? "E" : "W";
  const said = [
    ...twice,
    ...problems.map((line) => line.replace(/^W: Failed/, `${mark}: Failed`)),
    ...(warned
      ? [`${mark}: Some index files failed to download. They have been ignored, or old ones used instead.`]
      : []),
    ...twice,
  ];
  return {
    code: failed || (strict && warned) ? 100 : 0,
    stdout: [...out, "Reading package lists...", ""].join("\n"),
    stderr: said.map((line) => `${line}\n`).join(""),
  };
}

type Fetched =
  | { kind: "good"; origins: [Origin, string][]; warnings: string[] }
  | { kind: "error" | "warning" | "ignored"; short: string; lines: string[] };

const insecure = [
  "N: Updating from such a repository can't be done securely, and is therefore disabled by default.",
  "N: See apt-secure(8) manpage for repository creation and user configuration details.",
];

function fetchList(host: Host, source: Source): Fetched {
  const suitePath = source.suite.endsWith("/") ? source.suite : `dists/${source.suite}/`;
  const file = `${source.uri}/${suitePath.replace(/^\//, "")}`;
  if (!/^https?:/.test(source.uri)) {
    const method = source.uri.split(":")[0] ?? "";
    return {
      kind: "error",
      short: "",
      lines: [
        `E: The method driver /usr/lib/apt/methods/${method} could not be found.`,
        `E: Failed to fetch ${file}InRelease  `,
        "E: Some index files failed to download. They have been ignored, or old ones used instead.",
      ],
    };
  }
  const { archive, hostname, known } = findArchive(source.uri);
  if (!known || !resolves(host, hostname)) {
    // apt 3: "Could not resolve 'NAME'", a temporary error: warned about, old lists are kept.
    const short = `Could not resolve '${hostname}'`;
    return { kind: "warning", short, lines: [`W: Failed to fetch ${file}InRelease  ${short}`] };
  }
  if (archive?.subscription === true) {
    const short = "401  Unauthorized [IP: 51.91.38.34 443]";
    return {
      kind: "error",
      short,
      lines: [
        `E: Failed to fetch ${file}InRelease  ${short}`,
        `E: The repository '${source.uri} ${source.suite} InRelease' is not signed.`,
        ...insecure,
      ],
    };
  }
  if (archive === undefined || !archive.suites.test(source.suite)) {
    return {
      kind: "error",
      short: "404  Not Found",
      lines: [
        `E: The repository '${source.uri} ${source.suite} Release' does not have a Release file.`,
        ...insecure,
      ],
    };
  }
  const unsigned = signatureProblem(host, source, archive.key, archive.keyrings);
  if (unsigned !== undefined) {
    return {
      kind: "error",
      short: unsigned,
      lines: [
        `W: ${host.release === 9 ? "OpenPGP signature verification failed" : "GPG error"}: ${source.uri} ${source.suite} InRelease: ${unsigned}`,
        `E: The repository '${source.uri} ${source.suite} InRelease' is not signed.`,
        ...insecure,
      ],
    };
  }
  const origins = (source.components.length > 0 ? source.components : [""]).flatMap((component) => {
    const origin =
      component === "" || archive.components.includes(component) ? archive.origin(component) : undefined;
    return origin === undefined
      ? []
      : [[origin, `${source.uri} ${source.suite}/${component}`] as [Origin, string]];
  });
  const warnings = source.components
    .filter((component) => !archive.components.includes(component))
    .map(
      (component) =>
        `W: Skipping acquire of configured file '${component}/binary-amd64/Packages' as repository '${source.uri} ${source.suite} InRelease' doesn't have the component '${component}' (component misspelt in sources.list?)`,
    );
  return { kind: "good", origins, warnings };
}

/** apt 3 verifies with sqv, older ones with gpgv: their messages differ. */
function signatureProblem(host: Host, source: Source, key: string, trusted: string[]): string | undefined {
  if (source.trusted === true) return undefined;
  const paths = source.signedBy === undefined ? trusted : [source.signedBy];
  const results = paths.map((path) => ({ path, problem: keyringProblem(host.root, path, key) }));
  if (results.some(({ problem }) => problem === undefined)) return undefined;
  if (host.release === 8) {
    return `The following signatures couldn't be verified because the public key is not available: NO_PUBKEY ${key.slice(-16)}`;
  }
  const sqv = "Sub-process /usr/bin/sqv returned an error code (1), error message is:";
  const cause = {
    missing: "No such file or directory (os error 2)",
    unreadable: "Permission denied (os error 13)",
    empty: "EOF",
  };
  const broken = source.signedBy === undefined ? undefined : results[0];
  if (broken?.problem !== undefined && broken.problem !== "no key") {
    const why = cause[broken.problem];
    return `${sqv} Error: Failed to parse keyring "${broken.path}"  Caused by:     0: Reading "${broken.path}": ${why}     1: ${why}`;
  }
  return `${sqv} Missing key ${key}, which is needed to verify signature.`;
}
