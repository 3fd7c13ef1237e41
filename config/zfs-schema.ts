/** ZFS pools and datasets of phoenix_hypervisor_config.json, and the Proxmox storages over them. */
import { z } from "zod";
import { comment, pattern, plain, whole, zfsName } from "./primitives";

/** Least number of disks for each layout, as Proxmox VE's own ZFS page asks (PVE::API2::Disks::ZFS). */
export const leastDisks = { single: 1, mirror: 2, raidz1: 3, raidz2: 4, raidz3: 5 } as const;

/** Layout of a pool. */
export type RaidLevel = keyof typeof leastDisks;

const raidLevels = Object.keys(leastDisks) as [RaidLevel, ...RaidLevel[]];

/** What each type of storage can hold (Proxmox VE's storage plugins ZFSPool and Dir). */
export const contentOf = {
  zfspool: ["images", "rootdir"],
  dir: ["images", "rootdir", "vztmpl", "iso", "backup", "snippets", "import"],
} as const;

/** Type of a Proxmox storage that the files can make. */
export type StorageType = keyof typeof contentOf;

/** How often a pool is scrubbed. */
export const scrubTimes = ["weekly", "monthly", "off"] as const;

const disk = () => pattern(/^\/dev\/[A-Za-z0-9._:/+-]+$/, "is not the path of a disk");

const stableDisk = () => disk().describe("Path of a disk, best a stable one such as /dev/disk/by-id/nvme-…");

const teardown = (what: string) =>
  z
    .boolean()
    .default(false)
    .describe(
      `Whether the ${what} and all its data are destroyed when its entry is removed or the stack is destroyed; refused while anything else is in it`,
    );

const vdev = z
  .strictObject({
    raid_level: z.enum(raidLevels).describe("Layout of this part: single, mirror, raidz1, raidz2 or raidz3"),
    disks: z.array(stableDisk()).min(1).describe("Disks of this part, at least one"),
    description: comment(),
  })
  .describe("A part of a pool, over which ZFS spreads the data");

const pool = z
  .strictObject({
    name: pattern(
      /^(?!mirror|raidz|draid|spare|log$|c[0-9])[A-Za-z][A-Za-z0-9_.-]*$/,
      "is not a name ZFS accepts for a pool",
    ).describe(
      "Name of the pool: a letter, then letters, digits, _ . and -; not log, and not beginning with mirror, raidz, draid, spare or c0 to c9",
    ),
    raid_level: z
      .enum(raidLevels)
      .optional()
      .describe("Layout of the pool: single, mirror, raidz1, raidz2 or raidz3"),
    disks: z.array(stableDisk()).min(1).optional().describe("Disks of the pool, at least one"),
    vdevs: z
      .array(vdev)
      .min(1)
      .optional()
      .describe("Parts of a pool that has several, in the place of raid_level and disks"),
    wipe_disks: z
      .array(disk().describe("Path of a disk, written as in disks"))
      .default([])
      .describe(
        "Disks of this pool whose whole content may be lost when the pool has to be created; without it only blank disks are used. The disk the node starts from and disks in use are never wiped",
      ),
    take_over_from: pattern(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, "is neither a host name nor a hostid")
      .optional()
      .describe(
        "Name or hostid of the system that used this pool last and is gone for good: the pool is imported although it was not exported there",
      ),
    unequal_disks: z
      .boolean()
      .default(false)
      .describe("Whether disks of different sizes, or parts of different layout, may make up the pool"),
    autotrim: z.boolean().default(true).describe("Whether ZFS tells the disks at once which space is free"),
    properties: plain()
      .default("")
      .describe(
        "ZFS properties of the pool's root dataset as key=value separated by commas, beside compression=lz4 and atime=off",
      ),
    scrub: z
      .enum(scrubTimes)
      .optional()
      .describe(
        "When the pool's data is checked: weekly or monthly by the timers of zfsutils-linux, or off; without it the node's own monthly job stays as it is",
      ),
    destroy_on_teardown: teardown("pool"),
    description: comment(),
  })
  .describe("A ZFS pool");

/** The parts of a pool, whichever of the two ways it is written; none for one that has neither. */
export function vdevsOf<Disks>({
  raid_level,
  disks,
  vdevs,
}: {
  raid_level?: RaidLevel | undefined;
  disks?: Disks | undefined;
  vdevs?: readonly { raid_level: RaidLevel; disks: Disks }[] | undefined;
}): readonly { raid_level: RaidLevel; disks: Disks }[] {
  return vdevs ?? (raid_level === undefined || disks === undefined ? [] : [{ raid_level, disks }]);
}

const dataset = z
  .strictObject({
    name: zfsName("is not a name ZFS accepts for a dataset").describe(
      "Name of the dataset in its pool: letters, digits, _ . and -",
    ),
    pool: zfsName("is not a name of a pool").describe("Pool the dataset lies in"),
    properties: plain()
      .default("")
      .describe("ZFS properties as key=value separated by commas, such as recordsize=128K,quota=800G"),
    proxmox_storage_type: z
      .enum(Object.keys(contentOf) as [StorageType, ...StorageType[]])
      .describe("Type of the Proxmox storage over the dataset: zfspool or dir"),
    proxmox_content_type: pattern(/^[a-z, ]+$/, "is not a list of what a storage holds").describe(
      "What the storage holds, separated by commas, such as images,rootdir",
    ),
    destroy_on_teardown: teardown("dataset"),
    description: comment(),
  })
  .describe("A ZFS dataset and the Proxmox storage over it");

/** The key `zfs`. */
export const zfs = z
  .strictObject({
    arc_max_gb: whole(1, 16384)
      .optional()
      .describe("Most memory of the ZFS cache (ARC) in GiB; ZFS's own default without it"),
    pools: z.array(pool).describe("ZFS pools"),
    datasets: z.array(dataset).describe("ZFS datasets, each with its Proxmox storage"),
    description: comment(),
  })
  .describe("ZFS pools and datasets");
