/** journalctl, and dmesg over the same entries. */
import type { Call, Command, CommandTable } from "../../types";
import { unitName } from "../units/files";
import { type Entry, entries, shortLine } from "../units/journal";
import { boots } from "../power/boots";

interface Options {
  units: string[];
  identifiers: string[];
  lines?: number;
  output: string;
  boot?: number;
  kernel: boolean;
  reverse: boolean;
  priority: number;
  grep?: RegExp;
  since?: number;
  listBoots: boolean;
}

function parse(call: Call): Options | string {
  const options: Options = {
    units: [],
    identifiers: [],
    output: "short",
    kernel: false,
    reverse: false,
    priority: 7,
    listBoots: false,
  };
  const queue = [...call.args];
  for (let word = queue.shift(); word !== undefined; word = queue.shift()) {
    const [, name = word, attached] =
      /^(-[untpgoSb])(.+)$/.exec(word) ?? /^(--[a-z-]+)=(.*)$/s.exec(word) ?? [];
    const value = () => attached ?? queue.shift() ?? "";
    if (word === "-xeu" || word === "-eu" || word === "-xu")
      options.units.push(unitName(queue.shift() ?? ""));
    else if (
      [
        "--no-pager",
        "-x",
        "-e",
        "-xe",
        "-a",
        "--all",
        "--no-hostname",
        "-q",
        "--quiet",
        "--catalog",
        "--pager-end",
        "--no-full",
      ].includes(word)
    )
      continue;
    else if (name === "-u" || name === "--unit") options.units.push(unitName(value()));
    else if (name === "-t" || name === "--identifier") options.identifiers.push(value());
    else if (name === "-n" || name === "--lines") {
      const count = attached ?? (/^\+?\d+$|^all$/.test(queue[0] ?? "") ? (queue.shift() ?? "") : "10");
      if (count !== "all") options.lines = Number(count);
    } else if (name === "-o" || name === "--output") options.output = value();
    else if (name === "-p" || name === "--priority") options.priority = priorities[value()] ?? 7;
    else if (name === "-g" || name === "--grep") options.grep = new RegExp(value());
    else if (name === "-S" || name === "--since") {
      const text = value();
      const time = text.startsWith("@")
        ? Number(text.slice(1)) * 1000
        : text === "today"
          ? new Date().setUTCHours(0, 0, 0, 0)
          : Date.parse(`${text.replace(" ", "T")}Z`);
      if (Number.isNaN(time)) return `Failed to parse timestamp: ${text}`;
      options.since = time;
    } else if (name === "-b" || name === "--boot")
      options.boot = Number(attached ?? (/^-?\d+$/.test(queue[0] ?? "") ? queue.shift() : "0"));
    else if (word === "-k" || word === "--dmesg") [options.kernel, options.boot] = [true, 0];
    else if (word === "-r" || word === "--reverse") options.reverse = true;
    else if (word === "--list-boots") options.listBoots = true;
    else return `journalctl: the lab does not simulate ${word}`;
  }
  return options;
}

const names = ["emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"];
const priorities: Record<string, number> = Object.fromEntries(
  names.flatMap((name, index) => [
    [name, index],
    [String(index), index],
  ]),
);

const journalctl: Command = (host, call) => {
  const options = parse(call);
  if (typeof options === "string") return { code: 1, stderr: `${options}\n` };
  const all = boots(host);
  if (options.listBoots) {
    const rows = all.map(
      ({ id, time }, index) =>
        `${String(index - all.length + 1).padStart(3)} ${id.replaceAll("-", "")} ${new Date(time).toISOString()}`,
    );
    return { code: 0, stdout: ["IDX BOOT ID                          FIRST ENTRY", ...rows, ""].join("\n") };
  }
  let boot: string | undefined;
  if (options.boot !== undefined) {
    boot = all[options.boot > 0 ? options.boot - 1 : all.length - 1 + options.boot]?.id;
    if (boot === undefined)
      return {
        code: 1,
        stderr: `Specifying boot ID or boot offset has no effect, no persistent journal was found.\n`,
      };
  }
  let found = entries(host).filter(
    (entry) =>
      (options.units.length === 0 || (entry.unit !== undefined && options.units.includes(entry.unit))) &&
      (options.identifiers.length === 0 || options.identifiers.includes(entry.identifier)) &&
      (boot === undefined || entry.boot === boot) &&
      (!options.kernel || entry.identifier === "kernel") &&
      (entry.priority ?? 6) <= options.priority &&
      (options.grep === undefined || options.grep.test(entry.message)) &&
      (options.since === undefined || entry.time >= options.since),
  );
  if (options.lines !== undefined) found = options.lines === 0 ? [] : found.slice(-options.lines);
  if (options.reverse) found.reverse();
  const line = format(options.output, (entry) => shortLine(host, entry));
  if (line === undefined) return { code: 1, stderr: `Unknown output format '${options.output}'.\n` };
  if (found.length === 0 && options.output.startsWith("short"))
    return { code: 0, stdout: "-- No entries --\n" };
  return { code: 0, stdout: found.map((entry) => `${line(entry)}\n`).join("") };
};

function format(output: string, short: (entry: Entry) => string): ((entry: Entry) => string) | undefined {
  if (output === "short" || output === "short-full" || output === "short-iso") return short;
  if (output === "cat") return ({ message }) => message;
  if (output === "json")
    return (entry) =>
      JSON.stringify({
        __REALTIME_TIMESTAMP: String(entry.time * 1000),
        _BOOT_ID: entry.boot.replaceAll("-", ""),
        SYSLOG_IDENTIFIER: entry.identifier,
        _SYSTEMD_UNIT: entry.unit,
        PRIORITY: String(entry.priority ?? 6),
        MESSAGE: entry.message,
      });
  return undefined;
}

const dmesg: Command = (host, call) => {
  const refused = call.args.find((word) => !["-T", "--ctime", "-x", "-H", "--nopager", "-P"].includes(word));
  if (refused !== undefined) return { code: 1, stderr: `dmesg: the lab does not simulate ${refused}\n` };
  const boot = boots(host).at(-1);
  const found = entries(host).filter((entry) => entry.identifier === "kernel" && entry.boot === boot?.id);
  return {
    code: 0,
    stdout: found
      .map(
        (entry) =>
          `[${((entry.time - (boot?.time ?? entry.time)) / 1000).toFixed(6).padStart(12)}] ${entry.message}\n`,
      )
      .join(""),
  };
};

export const journalCommands: CommandTable = { journalctl: { run: journalctl }, dmesg: { run: dmesg } };
