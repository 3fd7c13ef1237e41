/** `pct listsnapshot` and `qm listsnapshot` (PVE::GuestHelpers::print_snapshot_tree). */
import type { SnapshotEntry } from "../guest/snapshotSections";
import type { CommandContext } from "./command";

/** A tree of snapshots: each level is indented, times are local. */
export function printSnapshots({ print }: CommandContext, entries: SnapshotEntry[]): void {
  const show = (entry: SnapshotEntry, depth: number): void => {
    const time = entry.snaptime === undefined ? "" : localTime(entry.snaptime);
    const text = entry.description.split("\n")[0] || "no-description";
    print(`${" ".repeat(depth * 2)}\`-> ${entry.name.padEnd(23 - depth * 2)} ${time.padEnd(20)} ${text}`);
    const children = entries.filter((other) => other.parent === entry.name);
    for (const child of children.sort((a, b) => (a.snaptime ?? Infinity) - (b.snaptime ?? Infinity)))
      show(child, depth + 1);
  };
  const names = new Set(entries.map((entry) => entry.name));
  for (const entry of entries) if (entry.parent === undefined || !names.has(entry.parent)) show(entry, 0);
}

function localTime(seconds: number): string {
  const at = new Date(seconds * 1000);
  const two = (value: number) => String(value).padStart(2, "0");
  const day = [at.getFullYear(), two(at.getMonth() + 1), two(at.getDate())].join("-");
  return `${day} ${[at.getHours(), at.getMinutes(), at.getSeconds()].map(two).join(":")}`;
}
