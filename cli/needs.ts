/** What a container waits for, by the names that components/ give their resources. */
import { needsOf } from "../config/graph";
import type { ContainerSpec, DatasetSpec, Estate } from "../config/model";
import { nfsSpec } from "../config/sharing";

/** The containers and everything that they depend on or are cloned from, in the estate's order. */
export function withDependencies(containers: readonly ContainerSpec[], ctids: readonly number[]) {
  const byId = new Map(containers.map((container) => [container.ctid, container]));
  const wanted = new Set<number>();
  const add = (ctid: number) => {
    const container = byId.get(ctid);
    if (!container || wanted.has(ctid)) return;
    wanted.add(ctid);
    const { name, dependencies, cloneFrom } = container;
    needsOf({ ctid, name, dependencies, cloneFrom: cloneFrom?.ctid }).forEach(add);
  };
  ctids.forEach(add);
  return containers.filter(({ ctid }) => wanted.has(ctid));
}

/**
 * Names of the host's resources that containers wait for, sorted: its set-up, and the storages, templates and
 * folders they use. `*` stands for every step of an area.
 */
export function hostNeeds(estate: Estate, containers: readonly ContainerSpec[]): string[] {
  const host = new HostNames(estate);
  const names = containers.flatMap((container) => [
    "guests",
    ...host.storage(container.storage),
    ...(container.template
      ? [`guests-template-${container.template.file}`, ...host.storage(container.template.storage)]
      : []),
    ...container.mounts.flatMap((mount) =>
      "volume" in mount ? host.folder(mount.volume) : host.storage(mount.storage),
    ),
  ]);
  return [...new Set([...host.prepared, ...names])].sort();
}

/** A container's own resources. */
export function ownNames({ ctid }: ContainerSpec): string[] {
  return [`ct-${ctid}`, `ct-${ctid}-*`];
}

class HostNames {
  /** Every other step waits for these, and a container with a GPU for nothing more. */
  readonly prepared: string[];
  private readonly datasets: Map<string, DatasetSpec>;
  private readonly nfs: ReturnType<typeof nfsSpec>;

  constructor(private readonly estate: Estate) {
    const { hypervisor, datasets } = estate;
    const driver = hypervisor.nvidia_driver?.install ? ["host-nvidia", "host-nvidia-*"] : [];
    this.prepared = ["host", "host-prepare", "host-setup", "host-setup-*", ...driver];
    this.datasets = new Map(datasets.map((dataset) => [dataset.fullName, dataset]));
    this.nfs = nfsSpec(hypervisor);
  }

  storage(id: string): string[] {
    const own = this.estate.storages.find((storage) => storage.id === id);
    if (own) return [...this.zfs(), `host-zfs-storage-${id}`, ...this.dataset(own.dataset)];
    const exported = this.nfs?.exports.find(({ storageId }) => storageId === id);
    if (!exported) return [];
    const { pools, datasets, storages } = this.estate;
    return [
      ...this.zfs(),
      ...pools.map(({ name }) => `host-zfs-pool-${name}`),
      ...datasets.map(({ pool, name }) => `host-zfs-dataset-${pool}-${name}`),
      ...storages.map((storage) => `host-zfs-storage-${storage.id}`),
      ...["host-nfs", "host-nfs-server", `host-nfs-export-${exported.name}`, `host-nfs-storage-${id}`],
    ];
  }

  folder(volume: string): string[] {
    const storageId = this.estate.folders.find((folder) => folder.volume === volume)?.storageId;
    return [`guests-folder-${volume}`, ...(storageId === undefined ? [] : this.storage(storageId))];
  }

  /** What all of ZFS waits for: the administrator, who is made before it. */
  private zfs(): string[] {
    return [...(this.estate.hypervisor.users ? ["host-admin", "host-admin-account"] : []), "host-zfs"];
  }

  private dataset(fullName: string): string[] {
    const dataset = this.datasets.get(fullName);
    if (!dataset) return [];
    const above = fullName.slice(0, fullName.lastIndexOf("/"));
    return [
      `host-zfs-dataset-${dataset.pool}-${dataset.name}`,
      `host-zfs-pool-${dataset.pool}`,
      ...this.dataset(above),
    ];
  }
}
