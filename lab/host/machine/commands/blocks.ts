/** Block devices as lsblk, blkid and wipefs see them. */
import type { Answer, Command, Disk, Host } from "../../types";
import type { Part } from "../diskLayout";
import { type Disks, partitionName, reservedBytes, zfsPartitions } from "../disks";
import type { Pool } from "../zfs/state";
import { LabZfs } from "../zfs/zfs";
import { OptionError } from "./getopt";

/** A disk, a partition, or what lies on one. */
export interface Block {
  name: string;
  type: "disk" | "part" | "lvm" | "raid1" | "crypt";
  size: number;
  disk: Disk;
  /** Number of a partition. */
  number?: number;
  fstype?: string;
  label?: string;
  pttype?: string;
  uuid?: string;
  partlabel?: string;
  parent?: string;
  /** Where it is mounted; `[SWAP]` for swap space in use. */
  mounts: string[];
}

/** Path of a device: volumes and open devices lie in a folder of their own. */
export function pathOf({ type, name }: Block): string {
  return type === "lvm" || type === "crypt" ? `/dev/mapper/${name}` : `/dev/${name}`;
}

export function disksOf(host: Host): Disks {
  if (!(host.zfs instanceof LabZfs)) throw new Error("the host's ZFS is not the lab's");
  return host.zfs.pools.disks;
}

/** All block devices: each before what lies on it. */
export function blocks(host: Host): Block[] {
  const disks = disksOf(host);
  return disks.all().flatMap((disk): Block[] => {
    const content = disks.content(disk.device);
    const whole: Block = { name: disk.device, type: "disk", size: disk.sizeBytes, disk, mounts: [] };
    if (content.kind === "blank") return [whole];
    if (content.kind === "zfs") {
      const members = zfsPartitions.map((number) => zfsPartition(disk, number, content.pool));
      return [{ ...whole, pttype: "gpt" }, ...members];
    }
    const { table, parts, whole: signature } = content.layout;
    const [top, ...onTop] = signature ? old(disks, disk, signature, "disk") : [whole];
    return [
      { ...(top ?? whole), ...(table && { pttype: table }) },
      ...onTop,
      ...parts.flatMap((part) =>
        old(disks, disk, part, "part").map((block, index) =>
          index === 0 ? { ...block, parent: disk.device, ...(table && { pttype: table }) } : block,
        ),
      ),
    ];
  });
}

function old(disks: Disks, disk: Disk, part: Part, type: Block["type"]): Block[] {
  const { name, sizeBytes: size, number, fstype, label, uuid, partlabel } = part;
  const block: Block = {
    ...{ name, type, size, disk, mounts: disks.mounts(part) },
    ...(number > 0 && { number }),
    ...(fstype !== undefined && { fstype }),
    ...(label !== undefined && { label }),
    ...(uuid !== undefined && { uuid }),
    ...(partlabel !== undefined && { partlabel }),
  };
  const above = (part.holds ?? []).flatMap((held) => old(disks, disk, held, held.type));
  return [block, ...above.map((one) => ({ ...one, parent: one.parent ?? name }))];
}

function zfsPartition(disk: Disk, number: number, pool: Pool): Block {
  const data = number === 1;
  return {
    name: partitionName(disk.device, number),
    type: "part",
    size: data ? disk.sizeBytes - reservedBytes - 2 * 1024 ** 2 : reservedBytes,
    disk,
    number,
    pttype: "gpt",
    parent: disk.device,
    mounts: [],
    ...(data && {
      fstype: "zfs_member",
      label: pool.name,
      uuid: pool.guid,
      // zpool_label_disk_wait: `zfs-` and sixteen hexadecimal digits.
      partlabel: `zfs-${BigInt(pool.guid).toString(16).padStart(16, "0")}`,
    }),
  };
}

/** Whether the kernel keeps others from a block or what lies on it: in a pool, mounted, held. */
export function inUse(host: Host, block: Block): boolean {
  const content = disksOf(host).content(block.disk.device);
  if (content.kind === "zfs") return content.pool.state === "ACTIVE";
  const all = blocks(host);
  const below = (name: string): Block[] =>
    all.filter((one) => one.parent === name).flatMap((one) => [one, ...below(one.name)]);
  return [block, ...below(block.name)].some(
    ({ type, mounts }) => mounts.length > 0 || (type !== "disk" && type !== "part"),
  );
}

/** The blocks that paths name, or a complaint about the first that is none. */
export function named(host: Host, paths: string[], cwd: string): { found: Block[]; missing?: string } {
  const all = blocks(host);
  const found: Block[] = [];
  for (const path of paths) {
    const at = disksOf(host).resolve(path, cwd);
    const name = at
      ? at.partition === undefined
        ? at.device
        : partitionName(at.device, at.partition)
      : /^\/dev\/mapper\/(.+)$/.exec(path)?.[1];
    const block = all.find((one) => one.name === name);
    if (block === undefined) return { found, missing: path };
    found.push(block);
  }
  return { found };
}

/** Runs a command with getopt's complaints in util-linux's form. */
export function guarded(name: string, run: () => Answer): Answer {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof OptionError)) throw error;
    const letter = /'(.)'/.exec(error.message)?.[1] ?? "";
    const what = error.message.startsWith("missing") ? "option requires an argument" : "invalid option";
    return {
      code: 1,
      stderr: `${name}: ${what} -- '${letter}'\nTry '${name} --help' for more information.\n`,
    };
  }
}

/** Long options as their letters; what has none is refused by name. */
export function shorten(name: string, args: string[], long: Record<string, string>): string[] {
  return args.flatMap((word) => {
    if (!word.startsWith("--") || word === "--") return [word];
    const [option = "", value] = word.slice(2).split("=", 2);
    const letter = long[option];
    if (letter === undefined) throw new Refused(`${name}: the lab does not simulate ${word}`);
    return value === undefined ? [`-${letter}`] : [`-${letter}`, value];
  });
}

/** Something that the lab does not simulate; the message names it. */
export class Refused extends Error {}

export function refusing(run: Command): Command {
  return async (host, call) => {
    try {
      return await run(host, call);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      return { code: 1, stderr: `${error.message}\n` };
    }
  };
}
