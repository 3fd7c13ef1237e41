/** Pools, datasets and the storages over them as the components make them: defaults applied, sorted. */
import type { HypervisorConfig } from "./hypervisor-schema";
import { parseProperties } from "./rules/zfs-properties";
import { sortBy } from "./sort-by";
import { splitList, storageIdOf } from "./storage-map";
import { type RaidLevel, type StorageType, vdevsOf } from "./zfs-schema";

/** A ZFS pool. */
export interface PoolSpec {
  name: string;
  /** Its parts, in the order of the file; paths of disks sorted. */
  vdevs: { raidLevel: RaidLevel; disks: string[] }[];
  /** Properties of the root dataset, keys sorted, values as the file writes them. */
  properties: Record<string, string>;
  autotrim: "on" | "off";
  /** Absent leaves the node's own job as it is. */
  scrub?: "weekly" | "monthly" | "off";
  /** Disks that may be wiped when the pool has to be created, sorted; absent when there are none. */
  wipeDisks?: string[];
  /** Name or hostid of the system that used the pool last. */
  takeOverFrom?: string;
  unequalDisks?: true;
  /** The pool goes with its entry or the stack. */
  destroyOnTeardown?: true;
}

/** A ZFS dataset. */
export interface DatasetSpec {
  pool: string;
  name: string;
  /** `quickOS/vm-disks`. */
  fullName: string;
  /** ZFS properties, keys sorted, values as the file writes them. */
  properties: Record<string, string>;
  /** `/quickOS/vm-disks`. */
  mountpoint: string;
  storageId: string;
  /** The dataset and its data go with its entry or the stack. */
  destroyOnTeardown?: true;
}

/** A Proxmox storage over a dataset. */
export interface StorageSpec {
  id: string;
  type: StorageType;
  /** Content types, sorted. */
  content: string[];
  /** Full name of the dataset, for zfspool. */
  pool?: string;
  /** Mount point of the dataset, for dir. */
  path?: string;
  /** Full name of the dataset. */
  dataset: string;
}

type PoolEntry = HypervisorConfig["zfs"]["pools"][number];
type DatasetEntry = HypervisorConfig["zfs"]["datasets"][number];
/** `proxmox_storage_ids`. */
type StorageIds = HypervisorConfig["proxmox_storage_ids"];

/** Pools by name, datasets by full name, storages by id. */
export function storageSpecs({ zfs, proxmox_storage_ids: ids }: HypervisorConfig) {
  const datasets = zfs.datasets.map((entry) => datasetSpec(entry, ids));
  const storages = zfs.datasets.map((entry) => storageSpec(entry, ids));
  return {
    pools: sortBy(zfs.pools.map(poolSpec), ({ name }) => name),
    datasets: sortBy(datasets, ({ fullName }) => fullName),
    storages: sortBy(storages, ({ id }) => id),
  };
}

function poolSpec(pool: PoolEntry): PoolSpec {
  return {
    name: pool.name,
    vdevs: vdevsOf(pool).map(({ raid_level, disks }) => ({
      raidLevel: raid_level,
      disks: [...disks].sort(),
    })),
    properties: parseProperties(`atime=off,compression=lz4,${pool.properties}`),
    autotrim: pool.autotrim ? "on" : "off",
    ...(pool.scrub !== undefined && { scrub: pool.scrub }),
    ...(pool.wipe_disks.length > 0 && { wipeDisks: [...pool.wipe_disks].sort() }),
    ...(pool.take_over_from !== undefined && { takeOverFrom: pool.take_over_from }),
    ...(pool.unequal_disks && { unequalDisks: true as const }),
    ...(pool.destroy_on_teardown && { destroyOnTeardown: true as const }),
  };
}

function datasetSpec(entry: DatasetEntry, ids: StorageIds): DatasetSpec {
  const { pool, name, properties } = entry;
  return {
    pool,
    name,
    fullName: `${pool}/${name}`,
    properties: parseProperties(properties),
    mountpoint: `/${pool}/${name}`,
    storageId: storageIdOf(pool, name, ids),
    ...(entry.destroy_on_teardown && { destroyOnTeardown: true as const }),
  };
}

function storageSpec(entry: DatasetEntry, ids: StorageIds): StorageSpec {
  const { pool, name, proxmox_storage_type: type, proxmox_content_type: content } = entry;
  return {
    id: storageIdOf(pool, name, ids),
    type,
    content: splitList(content),
    ...(type === "zfspool" ? { pool: `${pool}/${name}` } : { path: `/${pool}/${name}` }),
    dataset: `${pool}/${name}`,
  };
}
