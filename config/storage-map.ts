/** What the files say about storage: datasets with their mount points, and the Proxmox storages over them. */
import type { Draft } from "./check";
import { firstBy } from "./first-by";
import type { HypervisorConfig } from "./hypervisor-schema";
import { once } from "./once";
import { contentOf } from "./zfs-schema";

type DatasetEntry = HypervisorConfig["zfs"]["datasets"][number];

/** A dataset and the storage over it, as far as its entry could be read. */
export interface PlacedDataset {
  /** Index in zfs.datasets. */
  index: number;
  pool: string;
  name: string;
  /** pool/name. */
  fullName: string;
  /** /pool/name: where ZFS mounts it. */
  mountpoint: string;
  storageId: string;
  storageType?: "zfspool" | "dir";
  /** What the storage holds, sorted, each once. */
  content: string[];
}

/** Storages that a fresh Proxmox VE has, with their content (pve-storage's default storage.cfg). */
export const shippedStorages: Record<string, readonly string[]> = {
  local: ["backup", "import", "iso", "vztmpl"],
  "local-lvm": ["images", "rootdir"],
};

/** Whether a fresh Proxmox VE has a storage of that id. */
export const isShipped = (storage: string): boolean => Object.hasOwn(shippedStorages, storage);

/** What an NFS export's own storage holds. */
export const nfsContent = ["backup", "images", "iso", "snippets", "vztmpl"];

/** `a, b,a` → `["a", "b"]`: sorted, each once. */
export function splitList(list: string): string[] {
  const words = list.split(",").map((word) => word.trim());
  return [...new Set(words.filter((word) => word !== ""))].sort();
}

/**
 * The id of a dataset's storage: proxmox_storage_ids[<pool>_<name with - as _>] when that is set, else
 * <pool>-<name>; the / of a nested dataset becomes - (or _ in the key).
 */
export function storageIdOf(
  pool: string,
  name: string,
  ids: Record<string, string | undefined> = {},
): string {
  const key = `${pool}_${name.replace(/[-/]/g, "_")}`;
  return (Object.hasOwn(ids, key) ? ids[key] : undefined) ?? `${pool}-${name.replace(/\//g, "-")}`;
}

/** The id of an export's storage: nfs-<last part of the path>. */
export function nfsStorageId(path: string): string {
  return `nfs-${path.split("/").filter(Boolean).pop() ?? ""}`;
}

/** The datasets that have at least a pool and a name. */
export function placeDatasets(hypervisor: Draft<HypervisorConfig> | undefined): readonly PlacedDataset[] {
  return hypervisor ? placed(hypervisor) : [];
}

const placed = once((hypervisor: Draft<HypervisorConfig>): readonly PlacedDataset[] =>
  (hypervisor.zfs?.datasets ?? []).flatMap((entry, index) => {
    const dataset = entry && placeDataset(entry, index, hypervisor.proxmox_storage_ids);
    return dataset ? [dataset] : [];
  }),
);

function placeDataset(
  entry: Draft<DatasetEntry>,
  index: number,
  ids: Record<string, string | undefined> | undefined,
): PlacedDataset | undefined {
  const { pool, name } = entry;
  if (pool === undefined || name === undefined) return undefined;
  return {
    index,
    pool,
    name,
    fullName: `${pool}/${name}`,
    mountpoint: `/${pool}/${name}`,
    storageId: storageIdOf(pool, name, ids),
    ...(entry.proxmox_storage_type && { storageType: entry.proxmox_storage_type }),
    content: splitList(entry.proxmox_content_type ?? ""),
  };
}

/** Content of every storage that is known, by id. A type whose content could not be read holds everything. */
export function knownStorages(
  hypervisor: Draft<HypervisorConfig> | undefined,
): ReadonlyMap<string, readonly string[]> {
  return contents(hypervisor ?? {});
}

const contents = once((hypervisor: Draft<HypervisorConfig>): ReadonlyMap<string, readonly string[]> => {
  const storages = new Map<string, readonly string[]>(Object.entries(shippedStorages));
  for (const entry of hypervisor.nfs?.exports ?? []) {
    if (entry?.path) storages.set(nfsStorageId(entry.path), nfsContent);
  }
  // The first of two datasets with one name or id counts; the second is reported.
  for (const dataset of [...placeDatasets(hypervisor)].reverse()) {
    storages.set(dataset.storageId, dataset.content.length > 0 ? dataset.content : contentOf.dir);
  }
  return storages;
});

/** The dataset that a path of the host lies on: the one with the longest mount point around it. */
export function datasetAround<D extends { mountpoint: string }>(
  path: string,
  datasets: readonly D[],
): D | undefined {
  const known = byMountpoint(datasets);
  for (let folder = path; folder !== ""; folder = folder.slice(0, Math.max(0, folder.lastIndexOf("/")))) {
    const found = known.get(folder);
    if (found) return found as D;
  }
  return undefined;
}

const byMountpoint = once((datasets: readonly { mountpoint: string }[]) =>
  firstBy(datasets, ({ mountpoint }) => mountpoint),
);

/** The dataset under a storage; the first of several. */
export function datasetOf(datasets: readonly PlacedDataset[], storageId: string): PlacedDataset | undefined {
  return byStorage(datasets).get(storageId);
}

const byStorage = once((datasets: readonly PlacedDataset[]) =>
  firstBy(datasets, ({ storageId }) => storageId),
);
