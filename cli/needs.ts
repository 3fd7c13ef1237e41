/** What a guest waits for, by the names that components/ give their resources. */
import { type GuestRef, needsOf } from "../config/graph";
import type { ContainerSpec, DatasetSpec, Estate, VmSpec } from "../config/model";
import { graphFields } from "../config/normalise";
import { shippedStorages } from "../config/storage-map";

/** Containers and virtual machines, each in the estate's order. */
export interface GuestSpecs {
  containers: ContainerSpec[];
  vms: VmSpec[];
}

/** The guests and everything that they depend on or are cloned from. */
export function withDependencies({ containers, vms }: GuestSpecs, refs: readonly GuestRef[]): GuestSpecs {
  const nodes = new Map([...containers, ...vms].map((spec) => [graphFields(spec).ctid, graphFields(spec)]));
  const wanted = new Set<GuestRef>();
  const add = (ref: GuestRef) => {
    const node = nodes.get(ref);
    if (!node || wanted.has(ref)) return;
    wanted.add(ref);
    needsOf(node).forEach(add);
  };
  refs.forEach(add);
  return {
    containers: containers.filter(({ ctid }) => wanted.has(ctid)),
    vms: vms.filter(({ name }) => wanted.has(name)),
  };
}

/**
 * Names of the host's resources that guests wait for, sorted: its set-up, and the storages, templates, images and
 * folders they use. `*` stands for every step of an area.
 */
export function hostNeeds(estate: Estate, { containers, vms }: GuestSpecs): string[] {
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
  const machines = vms.flatMap(({ storage, agent, snippetsStorage, image, exportStorages }) => [
    "vms",
    ...[storage, ...(agent ? [snippetsStorage] : [])].flatMap((id) => host.storageOfVms(id)),
    ...(agent ? [`vms-snippets-${snippetsStorage}`] : []),
    ...(image ? [`vms-image-${image.file}`, ...host.storageOfVms(image.storage)] : []),
    ...exportStorages.flatMap((id) => host.storage(id)),
  ]);
  return [...new Set([...host.prepared, ...names, ...machines])].sort();
}

/** A guest's component; its steps are called so too, with `-` and the step behind it. */
export function resourceOf(spec: ContainerSpec | VmSpec): string {
  return "ctid" in spec ? `ct-${spec.ctid}` : `vm-${spec.vmid ?? spec.name}`;
}

/** The guest that a resource is a step of, and the step: `ct-950-health` is 950's `health`. */
export function stepOf({ containers, vms }: GuestSpecs, name: string) {
  // `vm-web-2-start` is not of `vm-web`.
  const [spec] = [...containers, ...vms]
    .filter((one) => name.startsWith(`${resourceOf(one)}-`))
    .sort((one, other) => resourceOf(other).length - resourceOf(one).length);
  return spec && { spec, step: name.slice(resourceOf(spec).length + 1) };
}

/** A container's own resources. */
export function ownNames({ ctid }: ContainerSpec): string[] {
  return [`ct-${ctid}`, `ct-${ctid}-*`];
}

/** What components/vm call a machine's resources: by its VMID where the entry gives one, else by its name. */
export function ownNamesOfVm(spec: VmSpec): string[] {
  const title = resourceOf(spec);
  // Not `vm-web-*`: that is the machine web-2 too.
  const before = ["claim", "devices", "define"];
  const steps = [
    ...[...before, "configure", "made-guard", "start", "agent", "nfs"],
    ...["health", "template", "power", "guard"],
  ];
  const families = ["feature-*", "script-*", "snapshot-*"];
  return [title, ...[...steps, ...families].map((step) => `${title}-${step}`)];
}

class HostNames {
  /** Every other step waits for these, and a container with a GPU for nothing more. */
  readonly prepared: string[];
  private readonly datasets: Map<string, DatasetSpec>;

  constructor(private readonly estate: Estate) {
    const { host, datasets } = estate;
    const driver = host.driver ? ["host-nvidia", "host-nvidia-*"] : [];
    this.prepared = ["host", "host-prepare", "host-setup", "host-setup-*", ...driver];
    this.datasets = new Map(datasets.map((dataset) => [dataset.fullName, dataset]));
  }

  storage(id: string): string[] {
    const own = this.estate.storages.find((storage) => storage.id === id);
    if (own) return [...this.zfs(), `host-zfs-storage-${id}`, ...this.dataset(own.dataset)];
    const exported = this.estate.host.nfs?.exports.find(({ storageId }) => storageId === id);
    if (!exported) return [];
    const { pools, datasets, storages } = this.estate;
    return [
      ...this.zfs(),
      ...pools.flatMap(({ name }) => this.pool(name)),
      ...datasets.flatMap(datasetNames),
      ...storages.map((storage) => `host-zfs-storage-${storage.id}`),
      ...["host-nfs", "host-nfs-server", `host-nfs-export-${exported.name}`, `host-nfs-storage-${id}`],
    ];
  }

  /** A storage that Proxmox VE ships is opened for machines by a step of its own. */
  storageOfVms(id: string): string[] {
    const own = this.estate.storages.some((storage) => storage.id === id);
    return !own && Object.hasOwn(shippedStorages, id) ? [`vms-storage-${id}`] : this.storage(id);
  }

  folder(volume: string): string[] {
    const storageId = this.estate.folders.find((folder) => folder.volume === volume)?.storageId;
    return [`guests-folder-${volume}`, ...(storageId === undefined ? [] : this.storage(storageId))];
  }

  /** What all of ZFS waits for: the administrator, who is made before it. */
  private zfs(): string[] {
    return [...(this.estate.host.admin ? ["host-admin", "host-admin-account"] : []), "host-zfs"];
  }

  private dataset(fullName: string): string[] {
    const dataset = this.datasets.get(fullName);
    if (!dataset) return [];
    const above = fullName.slice(0, fullName.lastIndexOf("/"));
    return [...datasetNames(dataset), ...this.pool(dataset.pool), ...this.dataset(above)];
  }

  private pool(name: string): string[] {
    const spec = this.estate.pools.find((pool) => pool.name === name);
    return [`host-zfs-pool-${name}`, ...(spec?.destroyOnTeardown ? [`host-zfs-wanted-pool-${name}`] : [])];
  }
}

function datasetNames({ pool, name, destroyOnTeardown }: DatasetSpec): string[] {
  const step = `dataset-${pool}-${name}`;
  return [`host-zfs-${step}`, ...(destroyOnTeardown ? [`host-zfs-wanted-${step}`] : [])];
}
