/** Backups on a storage: their names, their notes and protection, and which of them retention keeps. */
import { existsSync, readFileSync } from "node:fs";
import { inHost } from "../paths";
import type { Values } from "../schema/types";
import type { Host } from "../../types";

/** What a backup's name says (PVE::Storage::archive_info). */
export interface Archive {
  type: "lxc" | "qemu";
  vmid: number;
  /** Seconds since 1970. */
  ctime: number;
}

const NAME =
  /^vzdump-(lxc|qemu)-([1-9]\d{2,8})-(\d{4})_(\d\d)_(\d\d)-(\d\d)_(\d\d)_(\d\d)\.(?:tgz|(?:tar|vma)(?:\.(?:gz|lzo|zst))?)$/;

export function archiveOf(file: string): Archive | undefined {
  const match = NAME.exec(file);
  if (!match) return undefined;
  const [year = 0, month = 1, day, hour, minute, second] = match.slice(3).map(Number);
  const ctime = Math.floor(new Date(year, month - 1, day, hour, minute, second).getTime() / 1000);
  return { type: match[1] as Archive["type"], vmid: Number(match[2]), ctime };
}

const two = (value: number): string => String(value).padStart(2, "0");

/** `vzdump-lxc-101-2026_03_02-10_15_00`. */
export function baseName(type: Archive["type"], vmid: number, at: Date): string {
  const date = [at.getFullYear(), two(at.getMonth() + 1), two(at.getDate())].join("_");
  return `vzdump-${type}-${vmid}-${date}-${[at.getHours(), at.getMinutes(), at.getSeconds()].map(two).join("_")}`;
}

/** What is kept beside a backup, by the backup's path on the host. */
export const beside = (path: string): { notes: string; protection: string; log: string } => ({
  notes: `${path}.notes`,
  protection: `${path}.protected`,
  log: path.replace(/\.(tgz|(tar|vma)(\.(gz|lzo|zst))?)$/, ".log"),
});

/** What the API tells of a backup beside its file. */
export function attributes(host: Host, path: string): { notes?: string; protected?: 1 } {
  const { notes, protection } = beside(path);
  const read = existsSync(inHost(host, notes)) ? readFileSync(inHost(host, notes), "utf8") : undefined;
  return {
    ...(read !== undefined && { notes: read }),
    ...(existsSync(inHost(host, protection)) && { protected: 1 as const }),
  };
}

function isoWeek(at: Date): string {
  const thursday = new Date(at.getFullYear(), at.getMonth(), at.getDate() - ((at.getDay() + 6) % 7) + 3);
  const days = (thursday.getTime() - new Date(thursday.getFullYear(), 0, 1).getTime()) / 86_400_000;
  return `${thursday.getFullYear()}/${Math.floor(days / 7) + 1}`;
}

/** A rule of retention: backups of one name belong together, and the newest of them counts. */
const RULES: [key: string, group: (at: Date, ctime: number) => string][] = [
  ["keep-last", (_at, ctime) => String(ctime)],
  ["keep-hourly", (at) => `${at.toDateString()} ${at.getHours()}`],
  ["keep-daily", (at) => at.toDateString()],
  ["keep-weekly", isoWeek],
  ["keep-monthly", (at) => `${at.getFullYear()}/${at.getMonth()}`],
  ["keep-yearly", (at) => String(at.getFullYear())],
];

/** Those that retention removes (PVE::Storage::prune_mark_backup_group). */
export function removedBy<T extends { ctime: number }>(backups: readonly T[], keep: Values): T[] {
  const left = [...backups].sort((a, b) => b.ctime - a.ctime);
  const kept = new Set<T>();
  for (const [key, group] of RULES) {
    const most = Number(keep[key] ?? 0);
    const name = (one: T) => group(new Date(one.ctime * 1000), one.ctime);
    // What an earlier rule has kept covers its group.
    const covered = new Set([...kept].map(name));
    const chosen = new Set<string>();
    for (const one of left) {
      if (chosen.size >= most) break;
      if (kept.has(one) || covered.has(name(one)) || chosen.has(name(one))) continue;
      chosen.add(name(one));
      kept.add(one);
    }
  }
  return left.filter((one) => !kept.has(one));
}
