/** zpool status, and what `zpool import` lists: cmd/zpool/zpool_main.c. */
import { basename } from "node:path";
import { partitionName } from "../../disks";
import { importReason, leafGuid, leafHealth, poolHealth, reasonOf, vdevHealth } from "../../zfs/health";
import type { Leaf, Pool } from "../../zfs/state";
import { ctime } from "../../zfs/system";
import type { LabZfs } from "../../zfs/zfs";
import { getopt, has } from "../getopt";
import type { Subcommand } from "./family";
import { refuseOptions, select, withErrors } from "./zpoolShow";

/** -L and -P. */
interface Names {
  real: boolean;
  full: boolean;
}

export const status: Subcommand = {
  usage:
    "\tstatus [-DdegiLPpstvx] [-c script1[,script2,...]] ...\n" +
    "\t    [-j|--json [--json-flat-vdevs] [--json-int] [--json-pool-key-guid]] ...\n" +
    "\t    [-T d|u] [--power] [pool] [interval [count]]\n",
  more: "",
  run(zfs, args) {
    refuseOptions("status", args, /^-[a-zA-Z]*[cjTDdegits]/);
    const parsed = getopt(args, "LPpvx");
    const { pools, errors } = select(zfs, parsed.operands);
    if (pools.length === 0 && errors.length === 0) return { stderr: "no pools available\n" };
    const shown = has(parsed, "x")
      ? pools.filter((pool) => poolHealth(zfs.machine, pool) !== "ONLINE")
      : pools;
    if (has(parsed, "x") && errors.length === 0 && shown.length === 0) {
      if (parsed.operands.length === 0) return "all pools are healthy\n";
      return pools.map((pool) => `pool '${pool.name}' is healthy\n`).join("");
    }
    const names = { real: has(parsed, "L"), full: has(parsed, "P") };
    return withErrors(shown.map((pool) => describe(zfs, pool, names)).join("\n"), errors);
  },
};

/** How a disk is called: by the path it was given, or by its kernel name; with -P with folder and partition. */
function leafName(pool: Pool, leaf: Leaf, { real, full }: Names, lost: boolean): string {
  const { given, device } = leaf;
  if (leaf.gone || leaf.absent) return leafGuid(leaf, pool);
  if (full) return real && !lost ? `/dev/${partitionName(device, 1)}` : partitionPath(given, device);
  return real && !lost ? device : basename(given);
}

function partitionPath(given: string, device: string): string {
  return given.startsWith("/dev/disk/") ? `${given}-part1` : `/dev/${partitionName(device, 1)}`;
}

/** A line of the tree: indented name, state, and what follows the counters. */
type Line = [name: string, state: string, note?: string];

function tree(zfs: LabZfs, pool: Pool, names: Names, importing: boolean): Line[] {
  const { machine } = zfs;
  const health = poolHealth(machine, pool);
  const few = (state: string): [string?] => (/UNAVAIL/.test(state) ? ["insufficient replicas"] : []);
  const lines: Line[] = [[pool.name, health, ...few(health)]];
  pool.vdevs.forEach((vdev, index) => {
    const group = vdev.type !== "disk";
    const state = vdevHealth(machine, vdev);
    if (group) lines.push([`  ${vdev.type}-${index}`, state, ...few(state)]);
    for (const leaf of vdev.leaves) {
      const own = leafHealth(machine, leaf);
      const missing = own === "UNAVAIL" || (importing && own === "REMOVED");
      const name = importing ? basename(leaf.given) : leafName(pool, leaf, names, own === "REMOVED");
      const note = importing ? "cannot open" : `was ${partitionPath(leaf.given, leaf.device)}`;
      lines.push([
        `${group ? "    " : "  "}${name}`,
        missing ? "UNAVAIL" : own,
        ...((missing ? [note] : []) as [string?]),
      ]);
    }
  });
  return lines;
}

function describe(zfs: LabZfs, pool: Pool, names: Names): string {
  const lines = tree(zfs, pool, names, false);
  const width = Math.max(4, ...lines.map(([name]) => name.length));
  const line = (name: string, state: string, counts: string[], note?: string) =>
    `\t${name.padEnd(width)}  ${state.padEnd(8)}${counts.map((count) => ` ${count.padStart(5)}`).join("")}${note === undefined ? "" : `  ${note}`}\n`;
  const reason = reasonOf(zfs.machine, pool);
  return [
    `  pool: ${pool.name}\n state: ${poolHealth(zfs.machine, pool)}\n`,
    reason ? `status: ${reason.status}\naction: ${reason.action}\n` : "",
    reason?.id ? `   see: https://openzfs.github.io/openzfs-docs/msg/${reason.id}\n` : "",
    scan(pool),
    "config:\n\n",
    line("NAME", "STATE", ["READ", "WRITE", "CKSUM"]),
    ...lines.map(([name, state, note]) => line(name, state, ["0", "0", "0"], note)),
    "\nerrors: No known data errors\n",
  ].join("");
}

function scan({ scan: last }: Pool): string {
  if (last === undefined) return "";
  const seconds = new Date((last.end - last.start) * 1000).toISOString().slice(11, 19);
  const done = last.kind === "scrub" ? "scrub repaired 0B" : "resilvered 96K";
  return `  scan: ${done} in ${seconds} with 0 errors on ${ctime(last.end)}\n`;
}

/** What `zpool import` lists. */
export function importable(zfs: LabZfs, pools: Pool[]): string {
  return pools
    .map((pool) => {
      const lines = tree(zfs, pool, { real: false, full: false }, true);
      const width = Math.max(10, ...lines.map(([name]) => name.length));
      const destroyed = pool.state === "DESTROYED";
      const { status: why, action, id } = importReason(zfs.machine, pool);
      const what = destroyed
        ? `${action}  The\n\tpool was destroyed, but can be imported using the '-Df' flags.`
        : action;
      return [
        `  pool: ${pool.name}\n    id: ${pool.guid}\n`,
        ` state: ${poolHealth(zfs.machine, pool)}${destroyed ? " (DESTROYED)" : ""}\n`,
        why === "" ? "" : `status: ${why}\n`,
        `action: ${what}\n`,
        id === undefined ? "" : `   see: https://openzfs.github.io/openzfs-docs/msg/${id}\n`,
        "config:\n\n",
        ...lines.map(
          ([name, state, note]) =>
            `\t${name.padEnd(width)}  ${state}${note === undefined ? "" : `  ${note}`}\n`,
        ),
      ].join("");
    })
    .join("\n");
}
