/** exportfs, and showmount over the table it keeps. Messages as of nfs-utils 2.6.2 and 2.8. */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import type { Answer, Command, Host } from "../../../types";
import { inRoot } from "../../confined";
import { writeAtomically } from "../../files";
import { getopt, has, OptionError as UnknownOption, type Parsed } from "../getopt";
import { OptionError, shownOptions } from "./exportOptions";
import { addExport, type Export, formatTable, type Read, readExports, readTable } from "./exportsFile";

const table = "/var/lib/nfs/etab";

const readFile = (host: Host, path: string): string | undefined => {
  const file = inRoot(host.root, path);
  return existsSync(file) ? readFileSync(file, "utf8") : undefined;
};

/** What the server hands out now. */
export const exported = (host: Host): Export[] => readTable(readFile(host, table) ?? "");

const writeTable = (host: Host, exports: readonly Export[]): void =>
  writeAtomically(inRoot(host.root, table), formatTable(exports));

/** Everything the files say; files whose names do not end in .exports, or begin with a dot, are passed over. */
function readFiles(host: Host): Read {
  const folder = inRoot(host.root, "/etc/exports.d");
  const names = existsSync(folder) ? readdirSync(folder) : [];
  const files = names
    .filter((name) => name.endsWith(".exports") && !name.startsWith(".") && name !== ".exports")
    .sort()
    .map((name) => `/etc/exports.d/${name}`);
  const reads = ["/etc/exports", ...files].map((file) => {
    const text = statSync(inRoot(host.root, file), { throwIfNoEntry: false })?.isFile()
      ? readFile(host, file)
      : undefined;
    return readExports(file, text ?? "");
  });
  return {
    exports: reads.flatMap(({ exports }) => exports),
    messages: reads.flatMap(({ messages }) => messages),
    failed: reads.some(({ failed }) => failed),
  };
}

const numeric = /^[0-9.]+(\/[0-9.]+)?$/;
const plain = (client: string) => client === "" || /[*?@[:]/.test(client) || numeric.test(client);

/** The name that a client has in the table: host names by their first name in /etc/hosts. */
function resolve(host: Host, client: string): string | undefined {
  if (numeric.test(client)) {
    const octets = client.split("/")[0]?.split(".") ?? [];
    return octets.length === 4 && octets.every((octet) => Number(octet) < 256) ? client : undefined;
  }
  if (plain(client)) return client;
  const lines = (readFile(host, "/etc/hosts") ?? "")
    .split("\n")
    .map((line) => line.replace(/#.*/, "").trim().split(/\s+/));
  return lines.find(([, ...names]) => names.includes(client))?.[1];
}

/** What becomes of read exports: clients resolved, repeated ones told, folders looked at. */
function settle(host: Host, read: Read, twice: boolean): void {
  const settled: Export[] = [];
  for (const item of read.exports) {
    const prefix = /^[^/]*\/([0-9]+)$/.exec(item.client)?.[1];
    if (prefix !== undefined && Number(prefix) > (item.client.includes(":") ? 128 : 32)) {
      for (let time = 0; time < 2; time++)
        read.messages.push(`Invalid prefix \`${prefix}' for ${item.client}`);
      read.failed = true;
      continue;
    }
    const netmask = /^[0-9.]+\/(.*[^0-9.].*)$/.exec(item.client)?.[1];
    if (netmask !== undefined) {
      for (let time = 0; time < 2; time++)
        read.messages.push(`Invalid netmask \`${netmask}' for ${item.client}`);
      read.failed = true;
      continue;
    }
    const client = resolve(host, item.client);
    if (client === undefined) {
      for (let time = 0; time < (twice ? 2 : 1); time++)
        read.messages.push(`Failed to resolve ${item.client}`);
      continue;
    }
    const before = settled.findIndex((other) => other.client === client && other.path === item.path);
    if (before >= 0 && twice) {
      const same = shownOptions(settled[before]?.options ?? item.options) === shownOptions(item.options);
      const line = `\t${client}:${item.path}`;
      read.messages.push(
        ...(same
          ? ["duplicated export entries:", line, line]
          : ["incompatible duplicated export entries:", `${line} [IGNORED]`, line]),
      );
      read.failed = true;
      settled.splice(before, 1);
    }
    settled.push({ ...item, client });
  }
  for (const { path } of settled) {
    const stat = statSync(inRoot(host.root, path), { throwIfNoEntry: false });
    if (stat?.isDirectory()) continue;
    read.messages.push(
      stat === undefined || !path.startsWith("/")
        ? `Failed to stat ${path}: No such file or directory`
        : `${path} is not a directory. Remote access will fail`,
    );
    read.failed = true;
  }
  read.exports = settled;
}

const answer = ({ messages, failed }: Read, stdout = ""): Answer => ({
  code: failed ? 1 : 0,
  stdout,
  stderr: messages.map((message) => `exportfs: ${message}\n`).join(""),
});
const refusal = (message: string): Answer => answer({ exports: [], messages: [message], failed: true });

function list(host: Host, parsed: Parsed): Answer {
  const lines = exported(host).map(({ path, client, options }) => {
    if (has(parsed, "s")) return `${path}  ${client === "" ? "*" : client}(${shownOptions(options)})\n`;
    const name = client === "" ? "<world>" : client;
    const shown = has(parsed, "v") ? `${name}(${shownOptions(options)})` : name;
    return `${path.padEnd(14)}${path.length > 14 ? "\n\t\t" : "\t"}${shown}\n`;
  });
  return { code: 0, stdout: lines.join("") };
}

/** `client:/path`, an IPv6 address in brackets. */
function target(word: string): { client: string; path: string } | undefined {
  const match = /^(?:\[([^\]]*)\](\/\d+)?|([^:]*)):(\/.*)$/.exec(word);
  if (match?.[4] === undefined) return undefined;
  return {
    client: match[1] === undefined ? (match[3] ?? "") : `${match[1]}${match[2] ?? ""}`,
    path: match[4],
  };
}

const key = ({ client, path }: { client: string; path: string }) => `${client}:${path}`;

function exportSome(host: Host, parsed: Parsed): Answer {
  const read: Read = has(parsed, "i") ? { exports: [], messages: [], failed: false } : readFiles(host);
  read.exports = [];
  const options = parsed.options.find(([letter]) => letter === "o")?.[1] ?? "";
  for (const word of parsed.operands) {
    const wanted = target(word);
    if (wanted === undefined) {
      read.messages.push(`Invalid export syntax: ${word}`);
      read.failed = true;
      continue;
    }
    try {
      addExport(read, wanted.path, wanted.client, options, "command line:0");
    } catch (error) {
      if (!(error instanceof OptionError)) throw error;
      read.messages.push(error.message);
      read.failed = true;
    }
  }
  // Here the note about subtrees is not made.
  read.messages = read.messages.filter((message) => !message.includes("Neither 'subtree_check'"));
  settle(host, read, false);
  const added = new Set(read.exports.map(key));
  writeTable(host, [...read.exports, ...exported(host).filter((old) => !added.has(key(old)))]);
  return answer(read);
}

function unexport(host: Host, parsed: Parsed): Answer {
  if (has(parsed, "a")) {
    writeTable(host, []);
    return { code: 0 };
  }
  let remaining = exported(host);
  const read: Read = { exports: [], messages: [], failed: false };
  for (const word of parsed.operands) {
    const wanted = target(word);
    const left = remaining.filter((item) => wanted === undefined || key(item) !== key(wanted));
    if (wanted === undefined) read.messages.push(`Invalid export syntax: ${word}`);
    else if (left.length === remaining.length)
      read.messages.push(`Could not find '${key(wanted)}' to unexport.`);
    remaining = left;
  }
  read.failed = read.messages.length > 0;
  writeTable(host, remaining);
  return answer(read);
}

/** Exports what the files say; without `-r`, what was exported beside them stays. */
export function exportAll(host: Host, again: boolean): Answer {
  const read = readFiles(host);
  settle(host, read, true);
  const named = new Set(read.exports.map(key));
  const others = again ? [] : exported(host).filter((old) => !named.has(key(old)));
  writeTable(host, [...read.exports, ...others]);
  return answer(read);
}

export const exportfs: Command = async (host, call) => {
  let parsed: Parsed;
  try {
    parsed = getopt(call.args, "ad:fhio:ruvs");
  } catch (error) {
    if (!(error instanceof UnknownOption)) throw error;
    const letter = /'(.)'/.exec(error.message)?.[1] ?? "?";
    const what = error.message.startsWith("missing") ? "option requires an argument" : "invalid option";
    const stderr = `exportfs: ${what} -- '${letter}'\nusage: exportfs [-adfhioruvs] [host:/path]\n`;
    return { code: 1, stderr };
  }
  if (has(parsed, "h")) return { code: 0, stderr: "usage: exportfs [-adfhioruvs] [host:/path]\n" };
  if (has(parsed, "d")) return { code: 1, stderr: "exportfs: the lab does not simulate -d\n" };
  const all = has(parsed, "a") || has(parsed, "r");
  if (all && parsed.operands.length > 0) return refusal("extra arguments are not permitted with -a or -r");
  if (has(parsed, "i") && (all || has(parsed, "u"))) return refusal("-i not meaningful with -a, -r or -u");
  if (has(parsed, "r") && has(parsed, "u")) return refusal("-r and -u are incompatible");
  if (!all && parsed.operands.length === 0) return has(parsed, "f") ? { code: 0 } : list(host, parsed);
  await host.latency("exportfs");
  if (has(parsed, "u")) return unexport(host, parsed);
  if (!all) return exportSome(host, parsed);
  const done = exportAll(host, has(parsed, "r"));
  if (!has(parsed, "v") || "exec" in done) return done;
  const lines = exported(host).map(({ client, path }) => `exporting ${client}:${path}\n`);
  return lines.length > 0
    ? { ...done, stdout: lines.join("") }
    : { ...done, stderr: `${done.stderr ?? ""}exportfs: No file systems exported!\n` };
};
