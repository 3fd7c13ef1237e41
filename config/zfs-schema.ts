/** ZFS pools and datasets of phoenix_hypervisor_config.json, and the Proxmox storages over them. */
import { z } from "zod";
import { comment, text, whole } from "./primitives";

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

const pool = z
  .strictObject({
    name: z
      .string()
      .regex(
        /^(?!mirror|raidz|draid|spare|log$|c[0-9])[A-Za-z][A-Za-z0-9_.-]*$/,
        "is not a name ZFS accepts for a pool",
      )
      .describe(
        "Name of the pool: a letter, then letters, digits, _ . and -; not log, and not beginning with mirror, raidz, draid, spare or c0 to c9",
      ),
    raid_level: z.enum(raidLevels).describe("Layout of the pool: single, mirror, raidz1, raidz2 or raidz3"),
    disks: z
      .array(
        z
          .string()
          .regex(/^\/dev\/[A-Za-z0-9._:/+-]+$/, "is not the path of a disk")
          .describe("Path of a disk, best a stable one such as /dev/disk/by-id/nvme-…"),
      )
      .min(1)
      .describe("Disks of the pool, at least one"),
    description: comment(),
  })
  .describe("A ZFS pool");

const dataset = z
  .strictObject({
    name: z
      .string()
      .regex(
        /^[A-Za-z0-9][A-Za-z0-9_.-]*(\/[A-Za-z0-9][A-Za-z0-9_.-]*)*$/,
        "is not a name ZFS accepts for a dataset",
      )
      .describe("Name of the dataset in its pool: letters, digits, _ . and -"),
    pool: text().describe("Pool the dataset lies in"),
    properties: z
      .string()
      .default("")
      .describe("ZFS properties as key=value separated by commas, such as recordsize=128K,quota=800G"),
    proxmox_storage_type: z
      .enum(Object.keys(contentOf) as [StorageType, ...StorageType[]])
      .describe("Type of the Proxmox storage over the dataset: zfspool or dir"),
    proxmox_content_type: text().describe(
      "What the storage holds, separated by commas, such as images,rootdir",
    ),
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
