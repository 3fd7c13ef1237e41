/** Shared folders of the host, and what containers have mounted. */
import { wholePath } from "./folders";
import type { HypervisorConfig } from "./hypervisor-schema";
import type { ContainerConfig } from "./lxc-schema";
import { mountOptions } from "./mount-options";
import { sortBy } from "./sort-by";
import { datasetAround, placeDatasets } from "./storage-map";

/** A folder of the host that containers share. */
export interface FolderSpec {
  /** Name of the shared volume. */
  volume: string;
  path: string;
  /** User of the host, or a number: the mapped root is 100000. */
  owner: string;
  /** Octal. */
  mode: string;
  /** Whether the file names them: then an existing folder is changed too, never what is below it. */
  holdOwner: boolean;
  holdMode: boolean;
  /** Storage over the dataset it lies on; absent on the root disk. */
  storageId?: string;
}

/** A folder of the host (`source`), or a volume of the container's own (`storage`), in a container. */
export type MountSpec = {
  /** Folder in the container. */
  target: string;
  readOnly: boolean;
} & (
  | { /** Name of the shared volume. */ volume: string; source: string }
  | {
      name: string;
      storage: string;
      sizeGb: number;
      destroyOnTeardown?: true;
      /** As pct.conf(5) has them, sorted, such as `acl=1,backup=1`; absent for none. */
      options?: string;
    }
);

/** Modes of shared folders that are not 775 (the original's own names). */
const folderModes: Record<string, string> = { ssl_certs: "755", nginx_sites: "755", portainer_data: "770" };

/** Root of an unprivileged container as the host sees it (pve-container). */
const mappedRoot = "100000";

/** The folders that a container mounts, by name of the volume. */
export function folderSpecs(hypervisor: HypervisorConfig): FolderSpec[] {
  const datasets = placeDatasets(hypervisor);
  const used = Object.entries(hypervisor.shared_volumes).filter(
    ([, { mounts }]) => Object.keys(mounts).length > 0,
  );
  const specs = used.map(([volume, { host_path, owner, directory_mode: mode }]): FolderSpec => {
    const path = wholePath(host_path);
    const storageId = datasetAround(path, datasets)?.storageId;
    return {
      volume,
      path,
      owner: owner === undefined || owner === "container_root" ? mappedRoot : owner,
      mode: mode?.replace(/^0(?=...)/, "") ?? folderModes[volume] ?? "775",
      holdOwner: owner !== undefined,
      holdMode: mode !== undefined,
      ...(storageId !== undefined && { storageId }),
    };
  });
  return sortBy(specs, ({ volume }) => volume);
}

/** Shared folders and own volumes, by their place in the container. */
export function mounts(
  ctid: number,
  entry: ContainerConfig,
  { shared_volumes: shared }: HypervisorConfig,
): MountSpec[] {
  const folders = Object.entries(shared).flatMap(
    ([volume, { host_path, mounts, read_only }]): MountSpec[] => {
      const target = mounts[ctid];
      if (target === undefined) return [];
      const readOnly = read_only.includes(String(ctid));
      return [{ volume, source: wholePath(host_path), target: wholePath(target), readOnly }];
    },
  );
  const own = [...entry.volumes, ...entry.zfs_volumes].map(
    ({ name, pool, size_gb, mount_point, read_only, destroy_on_teardown, ...options }): MountSpec => ({
      name,
      storage: pool,
      sizeGb: size_gb,
      target: wholePath(mount_point),
      readOnly: read_only,
      ...(destroy_on_teardown && { destroyOnTeardown: true }),
      ...mountOptions(options),
    }),
  );
  return sortBy([...folders, ...own], ({ target }) => target);
}
