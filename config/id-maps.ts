/** Users and groups of the host that an unprivileged container sees as its own. */
import { z } from "zod";
import { comment, whole } from "./primitives";

/** Ids 0 to 65535 of an unprivileged container are these ids of the host (pve-container). */
const base = 100_000;
const range = 65_536;

/** The key `id_maps`. */
export const idMaps = z
  .array(
    z
      .strictObject({
        kind: z
          .enum(["user", "group", "both"])
          .default("both")
          .describe("Whether users, groups or both are mapped"),
        guest: whole(0, range - 1).describe("First id inside the container, 0 to 65535"),
        host: whole(1, 4_294_967_294).describe("First id on the host"),
        count: whole(1, range).default(1).describe("How many ids from there on"),
        description: comment(),
      })
      .describe("Ids of the host that the container sees as its own"),
  )
  .describe("Ids of the host seen inside an unprivileged container; all others are mapped from 100000 on");

/** One entry of `id_maps`. */
export type IdMap = z.output<typeof idMaps>[number];

/** One line of a map: `guest` to `guest + count - 1` inside are `host` to `host + count - 1` outside. */
export interface IdRange {
  guest: number;
  host: number;
  count: number;
}

/** The entries of one kind, in the order of the file. */
export function ownIds(maps: readonly IdMap[], kind: "user" | "group"): IdRange[] {
  return maps
    .filter((map) => map.kind === kind || map.kind === "both")
    .map(({ guest, host, count }) => ({ guest, host, count }));
}

/**
 * The whole map of one kind: the host's ids where asked for, Proxmox VE's own map around them, by guest id.
 * Without entries it is Proxmox VE's own map, `0 100000 65536`.
 */
export function idRanges(maps: readonly IdMap[], kind: "user" | "group"): IdRange[] {
  const own = ownIds(maps, kind).sort((a, b) => a.guest - b.guest);
  const ranges: IdRange[] = [];
  let next = 0;
  for (const one of [...own, { guest: range, host: 0, count: 0 }]) {
    if (one.guest > next) ranges.push({ guest: next, host: base + next, count: one.guest - next });
    if (one.count > 0) ranges.push(one);
    next = one.guest + one.count;
  }
  return ranges;
}

/** The raw lines of a map; none when Proxmox VE's own map is wanted, which it never writes itself. */
export function idMapLines(maps: readonly IdMap[]): string[] {
  if (maps.length === 0) return [];
  return (["user", "group"] as const).flatMap((kind) =>
    idRanges(maps, kind).map(
      ({ guest, host, count }) => `lxc.idmap: ${kind === "user" ? "u" : "g"} ${guest} ${host} ${count}`,
    ),
  );
}

/** The first two entries of one kind that share an id inside the container; undefined when none do. */
export function overlapping(maps: readonly IdMap[], kind: "user" | "group"): [IdMap, IdMap] | undefined {
  const own = maps
    .filter((map) => map.kind === kind || map.kind === "both")
    .sort((a, b) => a.guest - b.guest);
  for (const [index, map] of own.entries()) {
    const before = own[index - 1];
    if (before && before.guest + before.count > map.guest) return [before, map];
  }
  return undefined;
}
