/** dpkg and dpkg-query over the records of installed packages. */
import type { Command, CommandTable, Host } from "../../types";
import { type Installed, installed, records } from "../packages/installed";
import { findPackage } from "../packages/ofHost";
import { configure, ConfigureError } from "../packages/transaction";

function statusOf(record: Installed | undefined): { status: string; abbrev: string } {
  if (record === undefined) return { status: "unknown ok not-installed", abbrev: "un" };
  if (record.configOnly === true) return { status: "deinstall ok config-files", abbrev: "rc" };
  const want = record.hold === true ? "hold" : "install";
  const letter = record.hold === true ? "h" : "i";
  return record.unpacked === true
    ? { status: `${want} ok unpacked`, abbrev: `${letter}U` }
    : { status: `${want} ok installed`, abbrev: `${letter}i` };
}

function fieldsOf(name: string, record: Installed): Record<string, string> {
  const { status, abbrev } = statusOf(record);
  return {
    ...{ Package: name, "binary:Package": name, Version: record.version, Architecture: "amd64" },
    ...{
      Status: status,
      "db:Status-Status": status.split(" ")[2] ?? "",
      "db:Status-Abbrev": `${abbrev} `,
      "db:Status-Want": status.split(" ")[0] ?? "",
    },
    ...{ Maintainer: "Debian", "binary:Summary": name },
  };
}

function fill(format: string, fields: Record<string, string>): string {
  return format
    .replace(/\$\{([^};]+)(?:;(-?\d+))?\}/g, (_, field: string, width?: string) => {
      const text = fields[field] ?? "";
      if (width === undefined) return text;
      return Number(width) < 0 ? text.padEnd(-Number(width)) : text.padStart(Number(width));
    })
    .replace(/\\(.)/g, (_, letter: string) => ({ n: "\n", t: "\t", "\\": "\\" })[letter] ?? letter);
}

/** Records that a pattern of dpkg-query picks: a name, or a shell pattern. */
function pick(host: Host, pattern: string): [string, Installed][] {
  const all = Object.entries(records(host)).sort(([a], [b]) => (a < b ? -1 : 1));
  const name = pattern.replace(/:[a-z0-9]+$/, "");
  if (!/[*?[]/.test(name)) return all.filter(([one]) => one === name);
  const regex = new RegExp(`^${name.replace(/[.+]/g, "\\$&").replace(/\*/g, ".*").replace(/\?/g, ".")}$`);
  return all.filter(([one]) => regex.test(one));
}

const noInformation = (name: string) =>
  `dpkg-query: package '${name}' is not installed and no information is available\nUse dpkg --info (= dpkg-deb --info) to examine archive files.\n`;

function show(host: Host, words: string[]): { code: number; stdout: string; stderr: string } {
  let format = "${binary:Package}\\t${Version}\\n";
  const patterns: string[] = [];
  const queue = [...words];
  for (let word = queue.shift(); word !== undefined; word = queue.shift()) {
    if (word === "-f" || word === "--showformat") format = queue.shift() ?? "";
    else if (/^(-f=?|--showformat=)/.test(word)) format = word.replace(/^(-f=?|--showformat=)/, "");
    else if (word !== "--" && word !== "--no-pager") patterns.push(word);
  }
  let [stdout, stderr] = ["", ""];
  for (const pattern of patterns.length > 0 ? patterns : ["*"]) {
    const found = pick(host, pattern);
    if (found.length === 0) stderr += `dpkg-query: no packages found matching ${pattern}\n`;
    for (const [name, record] of found) stdout += fill(format, fieldsOf(name, record));
  }
  return { code: stderr === "" ? 0 : 1, stdout, stderr };
}

function status(host: Host, names: string[]): { code: number; stdout: string; stderr: string } {
  let [stdout, stderr] = ["", ""];
  for (const name of names) {
    const record = records(host)[name];
    if (record === undefined) {
      stderr += noInformation(name);
      continue;
    }
    const depends = findPackage(host, name)?.depends ?? [];
    stdout += `Package: ${name}\nStatus: ${statusOf(record).status}\nArchitecture: amd64\nVersion: ${record.version}\n${depends.length > 0 ? `Depends: ${depends.join(", ")}\n` : ""}${stdout === "" ? "" : ""}`;
  }
  return { code: stderr === "" ? 0 : 1, stdout, stderr };
}

function listing(host: Host, patterns: string[]): { code: number; stdout: string; stderr: string } {
  const head = [
    "Desired=Unknown/Install/Remove/Purge/Hold",
    "| Status=Not/Inst/Conf-files/Unpacked/halF-conf/Half-inst/trig-aWait/Trig-pend",
    "|/ Err?=(none)/Reinst-required (Status,Err: uppercase=bad)",
  ];
  let stderr = "";
  const rows: string[][] = [];
  for (const pattern of patterns.length > 0 ? patterns : ["*"]) {
    const found = pick(host, pattern);
    if (found.length === 0) stderr += `dpkg-query: no packages found matching ${pattern}\n`;
    for (const [name, record] of found)
      rows.push([statusOf(record).abbrev, name, record.version, "amd64", name]);
  }
  if (rows.length === 0) return { code: 1, stdout: "", stderr };
  const widths = [1, 2, 3].map((column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0), column === 3 ? 12 : 14),
  );
  const line = (row: string[]) =>
    `${row[0]}  ${[1, 2, 3].map((column, index) => (row[column] ?? "").padEnd(widths[index] ?? 0)).join(" ")} ${row[4]}`;
  const rule = `+++-${widths.map((width) => "=".repeat(width)).join("-")}-${"=".repeat(11)}`;
  const stdout = [
    ...head,
    line(["||/", "Name", "Version", "Architecture", "Description"]).replace("  ", " "),
    rule,
    ...rows.map(line),
  ];
  return { code: stderr === "" ? 0 : 1, stdout: stdout.map((text) => `${text}\n`).join(""), stderr };
}

const dpkgQuery: Command = (host, call) => {
  const [verb, ...rest] =
    call.args[0]?.startsWith("-f") || call.args[0]?.startsWith("--showformat")
      ? ["-W", ...call.args.filter((word) => word !== "-W" && word !== "--show")]
      : call.args;
  if (verb === "-W" || verb === "--show") return show(host, rest);
  if (verb === "-s" || verb === "--status") return status(host, rest);
  if (verb === "-l" || verb === "--list") return listing(host, rest);
  if (verb === "-L" || verb === "--listfiles") return listFiles(host, rest);
  if (verb === "-S" || verb === "--search") return search(host, rest);
  return { code: 2, stderr: `${call.name}: the lab does not simulate ${verb ?? "no option"}\n` };
};

function listFiles(host: Host, names: string[]): { code: number; stdout: string; stderr: string } {
  let [stdout, stderr] = ["", ""];
  for (const name of names) {
    if (installed(host, name) === undefined)
      stderr += `dpkg-query: package '${name}' is not installed\nUse dpkg --contents (= dpkg-deb --contents) to list archive files contents.\n`;
    else
      stdout += ["/.", ...Object.keys(findPackage(host, name)?.files ?? {})]
        .map((path) => `${path}\n`)
        .join("");
  }
  return { code: stderr === "" ? 0 : 1, stdout, stderr };
}

function search(host: Host, paths: string[]): { code: number; stdout: string; stderr: string } {
  let [stdout, stderr] = ["", ""];
  for (const path of paths) {
    const owner = Object.keys(records(host)).find(
      (name) => findPackage(host, name)?.files?.[path] !== undefined,
    );
    if (owner === undefined) stderr += `dpkg-query: no path found matching pattern ${path}\n`;
    else stdout += `${owner}: ${path}\n`;
  }
  return { code: stderr === "" ? 0 : 1, stdout, stderr };
}

const dpkg: Command = async (host, call) => {
  const [verb = "", ...rest] = call.args.filter((word) => !/^--force-conf(def|old|new|miss)$/.test(word));
  if (["-l", "--list", "-s", "--status", "-L", "--listfiles", "-S", "--search"].includes(verb))
    return dpkgQuery(host, call);
  if (verb === "--print-architecture") return { code: 0, stdout: "amd64\n" };
  if (verb === "--print-foreign-architectures") return { code: 0 };
  if (verb === "--compare-versions") {
    const [a = "", relation = "", b = ""] = rest;
    const order = compare(a, b);
    const answers: Record<string, boolean> = {
      lt: order < 0,
      le: order <= 0,
      eq: order === 0,
      ne: order !== 0,
      ge: order >= 0,
      gt: order > 0,
    };
    if (answers[relation] === undefined)
      return { code: 2, stderr: "dpkg: error: --compare-versions bad relation\n" };
    return { code: answers[relation] ? 0 : 1 };
  }
  if (verb === "--audit" || verb === "-C") {
    const names = Object.entries(records(host)).filter(([, { unpacked }]) => unpacked === true);
    if (names.length === 0) return { code: 0 };
    return {
      code: 1,
      stdout: `The following packages have been unpacked but not yet configured.\nThey must be configured using dpkg --configure or the configure\nmenu option in dselect for them to work:\n${names.map(([name]) => ` ${name}\n`).join("")}`,
    };
  }
  if (verb === "--configure") {
    const waiting = Object.entries(records(host))
      .filter(([, { unpacked }]) => unpacked === true)
      .map(([name]) => name);
    const names = rest.includes("-a") || rest.includes("--pending") ? waiting : rest;
    let stdout = "";
    for (const name of names) {
      if (!waiting.includes(name)) {
        const why =
          installed(host, name) === undefined
            ? `package ${name} is not installed, cannot configure`
            : `package ${name} is already installed and configured`;
        return {
          code: 1,
          stdout,
          stderr: `dpkg: error processing package ${name} (--configure):\n ${why}\nErrors were encountered while processing:\n ${name}\n`,
        };
      }
      try {
        stdout += await configure(host, name);
      } catch (error) {
        if (!(error instanceof ConfigureError)) throw error;
        return {
          code: 1,
          stdout: stdout + error.message,
          stderr: `dpkg: error processing package ${name} (--configure):\n installed ${name} package post-installation script subprocess returned error exit status 1\nErrors were encountered while processing:\n ${name}\n`,
        };
      }
    }
    return { code: 0, stdout };
  }
  if (verb === "-i" || verb === "--install") {
    const missing = rest.filter((word) => !word.startsWith("-"))[0] ?? "";
    return { code: 1, stderr: `dpkg: the lab does not simulate installing archives (${missing})\n` };
  }
  return { code: 2, stderr: `dpkg: the lab does not simulate ${verb === "" ? "no option" : verb}\n` };
};

/** Debian's order of versions, deb-version(7). */
export function compare(left: string, right: string): number {
  const split = (text: string) => {
    const [, epoch = "0", rest = ""] = /^(?:(\d+):)?(.*)$/s.exec(text) ?? [];
    const dash = rest.lastIndexOf("-");
    return [epoch, dash < 0 ? rest : rest.slice(0, dash), dash < 0 ? "0" : rest.slice(dash + 1)];
  };
  const [a, b] = [split(left), split(right)];
  for (const index of [0, 1, 2]) {
    const order = comparePart(a[index] ?? "", b[index] ?? "");
    if (order !== 0) return order;
  }
  return 0;
}

const weight = (char: string | undefined): number => {
  if (char === undefined || /\d/.test(char)) return 0;
  if (char === "~") return -1;
  return /[A-Za-z]/.test(char) ? char.charCodeAt(0) : char.charCodeAt(0) + 256;
};

function comparePart(a: string, b: string): number {
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    while ((i < a.length && !/\d/.test(a.charAt(i))) || (j < b.length && !/\d/.test(b.charAt(j)))) {
      const order = weight(a[i]) - weight(b[j]);
      if (order !== 0) return order;
      [i, j] = [i + 1, j + 1];
    }
    const [x, y] = [/^\d*/.exec(a.slice(i))?.[0] ?? "", /^\d*/.exec(b.slice(j))?.[0] ?? ""];
    if (Number(x) !== Number(y)) return Number(x) - Number(y);
    [i, j] = [i + x.length, j + y.length];
  }
  return 0;
}

export const dpkgCommands: CommandTable = { dpkg: { run: dpkg }, "dpkg-query": { run: dpkgQuery } };
