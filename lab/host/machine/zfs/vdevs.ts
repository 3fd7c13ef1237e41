/** Reads the vdevs of a new pool, with the checks of cmd/zpool/zpool_vdev.c. */
import type { Disks } from "../disks";
import { partitionName } from "../disks";
import { ZfsError } from "./errors";
import { type Leaf, newGuid, type Pool, type Vdev } from "./state";

const groups: Record<string, { type: Vdev["type"]; least: number }> = {
  mirror: { type: "mirror", least: 2 },
  raidz: { type: "raidz1", least: 2 },
  raidz1: { type: "raidz1", least: 2 },
  raidz2: { type: "raidz2", least: 3 },
  raidz3: { type: "raidz3", least: 4 },
};
const notSimulated = /^(log|cache|spare|special|dedup|draid.*)$/;

/**
 * The vdevs that words like `mirror a b mirror c d` describe. Throws in zpool's words for what does not
 * exist, is in use, or does not fit together (the last two yield to `force` as with zpool).
 */
export function parseVdevs(words: string[], force: boolean, disks: Disks, pools: Pool[]): Vdev[] {
  const vdevs: Vdev[] = [];
  let rest = words;
  while (rest.length > 0) {
    const [word = "", ...after] = rest;
    if (notSimulated.test(word)) throw new ZfsError(`zpool create: the lab does not simulate ${word} vdevs`);
    const group = groups[word];
    if (group === undefined) {
      vdevs.push({ type: "disk", leaves: [leaf(word, disks)] });
      rest = after;
      continue;
    }
    const end = after.findIndex((next) => groups[next] !== undefined || notSimulated.test(next));
    const members = end < 0 ? after : after.slice(0, end);
    if (members.length < group.least) {
      throw new ZfsError(`invalid vdev specification: ${word} requires at least ${group.least} devices`);
    }
    vdevs.push({ type: group.type, leaves: members.map((member) => leaf(member, disks)) });
    rest = end < 0 ? [] : after.slice(end);
  }
  checkUse(vdevs, force, disks, pools);
  if (!force) checkReplication(vdevs, disks);
  return vdevs;
}

function leaf(given: string, disks: Disks): Leaf {
  const candidates = given.startsWith("/")
    ? [given]
    : ["/dev", "/dev/disk/by-id", "/dev/disk/by-path"].map((folder) => `${folder}/${given}`);
  for (const path of candidates) {
    const found = disks.resolve(path);
    if (found?.partition !== undefined)
      throw new ZfsError(`zpool create: the lab only makes pools of whole disks, not of ${given}`);
    if (found) return { given: path, device: found.device, guid: newGuid() };
  }
  if (given.startsWith("/")) throw new ZfsError(`cannot resolve path '${given}'`);
  throw new ZfsError(
    `cannot open '${given}': no such device in /dev\nmust be a full path or shorthand device name`,
  );
}

/** Disks in use by a pool always stop it; those that hold something else do so without `force`. */
function checkUse(vdevs: Vdev[], force: boolean, disks: Disks, pools: Pool[]): void {
  const all = vdevs.flatMap((vdev) => vdev.leaves);
  const overridable: string[] = [];
  const lines: string[] = [];
  for (const { given, device } of all) {
    const content = disks.content(device);
    if (content.kind === "zfs" && content.pool.state === "ACTIVE") {
      lines.push(`${given} is in use and contains a unknown filesystem.`);
    } else if (content.kind === "zfs" && content.pool.state !== "DESTROYED") {
      const kind = content.pool.state === "EXPORTED" ? "exported" : "potentially active";
      if (!force && pools.includes(content.pool))
        overridable.push(`${slice(given, 1)} is part of ${kind} pool '${content.pool.name}'`);
    } else if (content.kind === "old") {
      const { parts, whole } = content.layout;
      const each = [...(whole ? [whole] : []), ...parts];
      if (each.some((part) => disks.mounts(part).length > 0 || (part.holds ?? []).length > 0)) {
        lines.push(`${given} is in use and contains a ${whole?.fstype ?? "unknown"} filesystem.`);
      } else if (!force) {
        for (const { number, fstype } of each.filter((part) => part.fstype !== undefined).slice(0, 1)) {
          const path = number === 0 ? given : slice(given, number);
          overridable.push(`${path} contains a filesystem of type '${fstype}'`);
        }
      }
    }
  }
  if (overridable.length > 0) {
    lines.push("invalid vdev specification", "use '-f' to override the following errors:", ...overridable);
  }
  if (lines.length > 0) throw new ZfsError(lines.join("\n"));
  const twice = all.find((one, index) => all.findIndex((other) => other.device === one.device) !== index);
  if (twice) {
    throw new ZfsError(
      "invalid vdev specification\nthe following errors must be manually repaired:\n" +
        `${twice.given} is named more than once: one or more vdevs refer to the same device`,
    );
  }
}

/** The path of a disk's partition, as zpool makes it of the disk's. */
function slice(given: string, number: number): string {
  return given.startsWith("/dev/disk/") ? `${given}-part${number}` : partitionName(given, number);
}

function checkReplication(vdevs: Vdev[], disks: Disks): void {
  const refuse = (reason: string) => {
    throw new ZfsError(`invalid vdev specification\nuse '-f' to override the following errors:\n${reason}`);
  };
  const kind = (vdev: Vdev) => vdev.type.replace(/\d$/, "");
  for (const vdev of vdevs) {
    const sizes = vdev.leaves.map((member) => disks.find(member.device)?.sizeBytes ?? 0);
    // ZPOOL_FUZZ: differences below 16 MiB do not count.
    if (Math.max(...sizes) - Math.min(...sizes) > 16 * 1024 ** 2)
      refuse(`${kind(vdev)} contains devices of different sizes`);
  }
  const [first, ...others] = vdevs;
  for (const vdev of first ? others : []) {
    if (first === undefined) return;
    if (kind(first) !== kind(vdev)) {
      refuse(`mismatched replication level: both ${kind(first)} and ${kind(vdev)} vdevs are present`);
    }
    if (first.type !== vdev.type) {
      refuse(
        `mismatched replication level: both ${first.type.slice(-1)} and ${vdev.type.slice(-1)} device parity raidz vdevs are present`,
      );
    }
    if (first.leaves.length !== vdev.leaves.length) {
      refuse(
        `mismatched replication level: both ${first.leaves.length}-way and ${vdev.leaves.length}-way ${kind(vdev)} vdevs are present`,
      );
    }
  }
}
