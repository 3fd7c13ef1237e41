/**
 * What lay on a disk when the machine was new, other than ZFS: partitions, file systems, LVM, RAID. A machine
 * file tells it with these keys of a disk, beside those of `Disk` in types.ts.
 */
import type { Disk } from "../types";

/** Something that can hold a file system: a partition, the whole disk, a logical volume. */
export interface Part {
  /** Kernel or mapper name, such as sda2 or old-root. */
  name: string;
  /** Number of a partition; 0 for anything else. */
  number: number;
  sizeBytes: number;
  /** As blkid has it: ext4, xfs, vfat, swap, LVM2_member, linux_raid_member, zfs_member. */
  fstype?: string;
  label?: string;
  uuid?: string;
  partlabel?: string;
  /** Where it is mounted when the host starts; `[SWAP]` for swap space. */
  mountpoint?: string;
  /** Files below the mount point. */
  files?: Record<string, string>;
  /** What is active on it: logical volumes, arrays. */
  holds?: Held[];
}

/** A device that lies on a part. */
export interface Held extends Part {
  type: "lvm" | "raid1" | "crypt";
}

/** What is on a disk now. */
export interface Layout {
  /** Partition table. */
  table?: "gpt" | "dos";
  parts: Part[];
  /** A signature on the disk itself, without a partition. */
  whole?: Part;
}

type PartOnFile = Partial<Omit<Part, "name" | "holds">> & {
  holds?: (Partial<Held> & Pick<Held, "name" | "type">)[];
};

/** A disk of a machine file. */
export interface OldDisk extends Disk {
  /** Partition table; gpt when there are partitions. */
  table?: "gpt" | "dos";
  /** Numbered from 1 unless they say otherwise. */
  partitions?: PartOnFile[];
  /** What the disk says of itself to smartctl and nvme. */
  smart?: { passed?: boolean; mediaErrors?: number; sparePercent?: number };
}

/** What a machine file puts on a disk. */
export function firstLayout(disk: OldDisk): Layout {
  const named = (name: string, number: number, part: PartOnFile): Part => {
    const { holds, ...rest } = part;
    const sizeBytes = part.sizeBytes ?? Math.floor(disk.sizeBytes / 4);
    return {
      ...rest,
      name,
      number,
      sizeBytes,
      ...(holds && { holds: holds.map((held) => ({ number: 0, sizeBytes, ...held })) }),
    };
  };
  const parts = (disk.partitions ?? []).map((part, index) => {
    const number = part.number ?? index + 1;
    return named(`${disk.device}${/\d$/.test(disk.device) ? "p" : ""}${number}`, number, part);
  });
  const table = disk.table ?? (parts.length > 0 ? "gpt" : undefined);
  const { type: fstype, ...whole } = disk.content ?? { type: undefined };
  return {
    parts,
    ...(table && { table }),
    ...(fstype && {
      whole: named(disk.device, 0, { ...(whole as PartOnFile), fstype, sizeBytes: disk.sizeBytes }),
    }),
  };
}

/** What is left of a disk of a pool when its label is cleared: the table that zpool made, and nothing in it. */
export function clearedTable({ device, sizeBytes }: Disk): Layout {
  const name = (number: number) => `${device}${/\d$/.test(device) ? "p" : ""}${number}`;
  return {
    table: "gpt",
    parts: [
      { name: name(1), number: 1, sizeBytes: sizeBytes - 10 * 1024 ** 2, partlabel: "zfs-0123456789abcdef" },
      { name: name(9), number: 9, sizeBytes: 8 * 1024 ** 2 },
    ],
  };
}
