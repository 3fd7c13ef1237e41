/** The normalised model of an estate: plain data, defaults applied, sorted, for the components. */
import type { HypervisorConfig, VmConfig } from "./hypervisor-schema";
import type { ContainerConfig, LxcConfigs } from "./lxc-schema";
import type { Finding } from "./findings";
import type { TemplateSpec } from "./templates";
import type { RaidLevel, StorageType } from "./zfs-schema";

export type { TemplateSpec };

/** A ZFS pool. */
export interface PoolSpec {
  name: string;
  raidLevel: RaidLevel;
  /** Paths of disks, sorted. */
  disks: string[];
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

/** A container's interface net0. */
export interface NetworkSpec {
  name: string;
  bridge: string;
  /** Address with prefix length. */
  ip: string;
  gateway: string;
  /** Upper case; absent when Proxmox picks one. */
  mac?: string;
}

/** A container. */
export interface ContainerSpec {
  ctid: number;
  /** Host name. */
  name: string;
  description?: string;
  /** What it is made from: exactly one of template and cloneFrom is set. */
  template?: TemplateSpec;
  cloneFrom?: { ctid: number; snapshot: string };
  /** Storage of the root disk. */
  storage: string;
  diskGb: number;
  memoryMb: number;
  /** 512 unless the file says otherwise. */
  swapMb: number;
  cores: number;
  unprivileged: boolean;
  startAtBoot: boolean;
  bootOrder?: number;
  /** Seconds. */
  bootDelay?: number;
  network: NetworkSpec;
  /** Proxmox features such as `{nesting: "1"}`, keys sorted. */
  pctFeatures: Record<string, string>;
  /** `lxc.x: y`, in the order of the file; the AppArmor profile first. */
  rawLines: string[];
  /** CTIDs that run before it, ascending. */
  dependencies: number[];
  /** Features to install, in the order of the file. */
  features: string[];
  /** GPU indices, PCI addresses or UUIDs, sorted; empty for none. */
  gpus: string[];
  /** Name of the snapshot that clones start from. */
  templateSnapshot?: string;
  applicationScript?: string;
  healthCheck?: { command: string; retries: number; interval: number };
  /** The entry itself, for what a later step reads. */
  entry: ContainerConfig;
}

/** Everything the two files say. */
export interface Estate {
  hypervisor: HypervisorConfig;
  lxc: LxcConfigs;
  /** By name. */
  pools: PoolSpec[];
  /** By full name, so parents come before their children. */
  datasets: DatasetSpec[];
  /** By id. */
  storages: StorageSpec[];
  /** GiB. */
  arcMaxGb?: number;
  /** Each once, by volume id. */
  templates: TemplateSpec[];
  /** In an order that respects every dependency and clone source. */
  containers: ContainerSpec[];
  /** By name. */
  vms: VmConfig[];
  warnings: Finding[];
}
