/** The journal: one JSON line an entry below /var/log/journal, kept over a reboot. */
import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import type { Host } from "../../types";
import { inRoot } from "../confined";
import { makeFolder } from "../files";

export interface Entry {
  /** Milliseconds since the epoch. */
  time: number;
  boot: string;
  /** Who wrote it: systemd, kernel, a program. */
  identifier: string;
  pid: number;
  unit?: string;
  message: string;
  /** syslog(3): 3 error, 4 warning, 6 information; 6 by default. */
  priority?: number;
}

const path = "/var/log/journal/entries.jsonl";

/** Writes one entry; time and boot are the present ones. */
export function log(host: Host, entry: Omit<Entry, "time" | "boot">): void {
  const file = inRoot(host.root, path);
  makeFolder(dirname(file));
  const full: Entry = { time: Date.now(), boot: bootId(host), ...entry };
  appendFileSync(file, `${JSON.stringify(full)}\n`);
}

/** All entries, oldest first. */
export function entries(host: Host): Entry[] {
  const file = inRoot(host.root, path);
  if (!existsSync(file)) return [];
  return readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Entry);
}

function bootId(host: Host): string {
  return host.store.get<{ id: string }>("boot", { id: "" }).id;
}

const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** `Nov 21 14:31:10 phoenix systemd[1]: text`, the time in UTC. */
export function shortLine(host: Host, { time, identifier, pid, message }: Entry): string {
  const date = new Date(time);
  const clock = date.toISOString().slice(11, 19);
  const day = String(date.getUTCDate()).padStart(2, "0");
  const who = identifier === "kernel" ? "kernel" : `${identifier}[${pid}]`;
  return `${months[date.getUTCMonth()]} ${day} ${clock} ${host.node} ${who}: ${message}`;
}
