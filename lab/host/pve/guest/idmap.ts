/**
 * Users and groups of a container as the node counts them (PVE::LXC::parse_id_maps, validate_id_maps): its own
 * `lxc.idmap` lines, else 0 → 100000 for an unprivileged container, else none.
 */
import type { GuestFile, Section } from "../config/guest-file";
import { PveError } from "../errors";
import { readHost } from "../paths";
import type { Host } from "../../types";

/** One line `u 0 100000 65536`. */
export interface IdMap {
  kind: "u" | "g";
  inside: number;
  outside: number;
  count: number;
}

/** Throws for a line that cannot be read. */
export function idMaps(config: Section): IdMap[] {
  const maps = config.lxc
    .filter(([key]) => key === "lxc.idmap")
    .map(([, value]): IdMap => {
      const match = /^([ug])\s+(\d+)\s+(\d+)\s+(\d+)\s*$/.exec(value);
      if (!match) throw new PveError(`failed to parse idmap: ${value}`);
      const [, kind, inside, outside, count] = match;
      return {
        kind: kind as "u" | "g",
        inside: Number(inside),
        outside: Number(outside),
        count: Number(count),
      };
    });
  if (maps.length > 0 || config.values["unprivileged"] !== "1") return maps;
  return (["u", "g"] as const).map((kind) => ({ kind, inside: 0, outside: 100000, count: 65536 }));
}

const text = ({ kind, inside, outside, count }: IdMap): string => `${kind} ${inside} ${outside} ${count}`;

/** The first two lines that map one id twice, in Proxmox VE's words; undefined when there are none. */
export function conflict(maps: IdMap[]): string | undefined {
  for (const kind of ["u", "g"] as const) {
    for (const side of ["inside", "outside"] as const) {
      const sorted = maps.filter((map) => map.kind === kind).sort((a, b) => a[side] - b[side]);
      for (const [index, map] of sorted.entries()) {
        const before = sorted[index - 1];
        if (before === undefined || before[side] + before.count <= map[side]) continue;
        const where = side === "inside" ? "container" : "host";
        return `invalid map entry '${text(map)}': ${where} ${kind}id ${map[side]} is also mapped by entry '${text(before)}'`;
      }
    }
  }
  return undefined;
}

/** Lines for /proc/PID/uid_map or gid_map. */
export const mapLines = (maps: IdMap[], kind: "u" | "g"): string =>
  maps
    .filter((map) => map.kind === kind)
    .map(({ inside, outside, count }) => `${inside} ${outside} ${count}`)
    .join("\n");

/** The node's number for an id of the guest; an id without a map stays. */
export function outsideId(maps: IdMap[], kind: "u" | "g", id: number): number {
  const map = maps.find((one) => one.kind === kind && id >= one.inside && id < one.inside + one.count);
  return map === undefined ? id : map.outside - map.inside + id;
}

/** The guest's root as the node counts. */
export const rootIds = (config: GuestFile | Section): { uid: number; gid: number } => {
  const maps = idMaps(config);
  return { uid: outsideId(maps, "u", 0), gid: outsideId(maps, "g", 0) };
};

/** Ranges that root may map: `root:100000:65536` in /etc/subuid and /etc/subgid. */
function subordinate(host: Host, file: string): { from: number; count: number }[] {
  return (readHost(host, file) ?? "").split("\n").flatMap((line) => {
    const [user, from, count] = line.trim().split(":");
    if ((user !== "root" && user !== "0") || from === undefined || count === undefined) return [];
    return [{ from: Number(from), count: Number(count) }];
  });
}

/** What newuidmap(1) or newgidmap(1) says of the first range that root was not given; undefined when all were. */
export function refusal(
  host: Host,
  maps: IdMap[],
): { tool: string; message: string; call: string } | undefined {
  for (const [kind, tool, file] of [
    ["u", "newuidmap", "/etc/subuid"],
    ["g", "newgidmap", "/etc/subgid"],
  ] as const) {
    const mine = maps.filter((map) => map.kind === kind);
    const given = subordinate(host, file);
    const bad = mine.find(
      ({ outside, count }) =>
        !given.some((range) => range.from <= outside && outside + count <= range.from + range.count),
    );
    if (bad === undefined) continue;
    const range = (from: number) => `[${from}-${from + bad.count})`;
    return {
      tool,
      message: `${tool}: ${kind}id range ${range(bad.inside)} -> ${range(bad.outside)} not allowed`,
      call: mine.map(({ inside, outside, count }) => `${inside} ${outside} ${count}`).join(" "),
    };
  }
  return undefined;
}
