/** /etc/pve/jobs.cfg: jobs of the cluster; the file is the truth. Jobs of other kinds are kept as they stand. */
import { encodeText } from "../config/guest-file";
import { readHost, writeHost } from "../paths";
import { parsePropertyString, printPropertyString } from "../schema/value";
import type { Property } from "../schema/types";
import type { Host } from "../../types";
import { jobOptions, keepsSome, PROPERTY_STRINGS, vzdumpOptions } from "./options";

/** A job's values as the file has them; a list has its items, a NUL between them. */
export interface Job {
  type: string;
  id: string;
  values: Record<string, string>;
}

const FILE = "/etc/pve/jobs.cfg";
const options: Record<string, Property> = { ...vzdumpOptions, ...jobOptions };

export function readJobs(host: Host): Job[] {
  const jobs: Job[] = [];
  for (const line of (readHost(host, FILE) ?? "").split("\n")) {
    const head = /^([a-z][a-z-]*):\s*(\S+)\s*$/.exec(line);
    const value = /^\s+(\S+)\s+(.*?)\s*$/.exec(line);
    const job = jobs.at(-1);
    if (head) {
      jobs.push({ type: head[1] ?? "", id: head[2] ?? "", values: {} });
    } else if (value && job) {
      const [, key = "", text = ""] = value;
      const before = job.values[key];
      job.values[key] = options[key]?.list && before !== undefined ? `${before}\0${text}` : text;
    }
  }
  for (const { type, values } of jobs) if (type === "vzdump") values["enabled"] ??= "1";
  return jobs;
}

/** Writes the file as PVE::SectionConfig does: the comment, the schedule, then the other keys in order. */
export function writeJobs(host: Host, jobs: readonly Job[]): void {
  const rank = (key: string) => (key === "comment" ? 0 : key === "schedule" ? 1 : 2);
  const text = jobs.map(({ type, id, values }) => {
    const keys = Object.keys(values).sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
    const lines = keys.flatMap((key) =>
      (values[key] ?? "")
        .split("\0")
        .filter((item) => item !== "")
        .map((item) => `\t${key} ${item}\n`),
    );
    return `${type}: ${id}\n${lines.join("")}`;
  });
  writeHost(host, FILE, `${text.join("\n")}${jobs.length > 0 ? "\n" : ""}`);
}

/** A value as the file has it: property strings in their own order, the comment on one line. */
export function stored(host: Host, key: string, value: string): string {
  const schema = PROPERTY_STRINGS[key];
  if (schema) {
    const values = parsePropertyString(schema, value, host.release);
    // Retention that keeps nothing by any rule keeps all (PVE::Storage::Plugin::validate_prune_backups).
    if (key === "prune-backups" && !keepsSome(values)) return "keep-all=1";
    return printPropertyString(schema, values);
  }
  return key === "comment" ? encodeText(value) : value;
}

/** A job as the API shows it: numbers, property strings taken apart, lists as lists. */
export function shownJob({ type, id, values }: Job): Record<string, unknown> {
  const shown = Object.entries(values).map(([key, text]): [string, unknown] => {
    const property = options[key];
    if (PROPERTY_STRINGS[key])
      return [key, Object.fromEntries(text.split(",").map((part) => splitPart(key, part)))];
    if (property?.list) return [key, text.split("\0")];
    if (property?.type === "integer" || property?.type === "boolean") return [key, Number(text)];
    return [key, key === "comment" ? decodeURIComponent(text.replace(/%(?![0-9A-F]{2})/gi, "%25")) : text];
  });
  return { ...Object.fromEntries(shown), id, type };
}

function splitPart(key: string, part: string): [string, string] {
  const at = part.indexOf("=");
  const bare =
    Object.entries(PROPERTY_STRINGS[key] ?? {}).find(([, { defaultKey }]) => defaultKey)?.[0] ?? "";
  return at < 0 ? [bare, part] : [part.slice(0, at), part.slice(at + 1)];
}

/** Takes a guest out of the jobs that name it, as its removal with `purge` does (PVE::VZDump::Plugin). */
export function dropFromJobs(host: Host, vmid: number): void {
  const jobs = readJobs(host);
  const without = (text: string | undefined) =>
    (text ?? "").split(",").filter((one) => one !== "" && one !== String(vmid));
  for (const { type, values } of jobs) {
    if (type !== "vzdump") continue;
    for (const key of ["vmid", "exclude"]) {
      if (values[key] === undefined) continue;
      const left = without(values[key]);
      if (left.length > 0) values[key] = left.join(",");
      else delete values[key];
    }
  }
  // A job for no guest is none.
  const alive = jobs.filter(
    ({ type, values }) => (type !== "vzdump" || values["vmid"]) ?? values["all"] ?? values["pool"],
  );
  if (jobs.length > 0) writeJobs(host, alive);
}
