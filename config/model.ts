/** The normalised model of an estate: plain data, defaults applied, sorted, for the components. */
import type { GuestRef } from "./graph";
import type { AdminSpec, DriverSpec, FirewallSpec, HostSpec, SetupSpec } from "./host";
import type { ImageSpec } from "./images";
import type { FirewallRule } from "./firewall-schema";
import type { Finding } from "./findings";
import type { IdRange } from "./id-maps";
import type { PowerState } from "./power";
import type { TemplateSpec } from "./templates";
import type { RaidLevel, StorageType } from "./zfs-schema";

export type { AdminSpec, DriverSpec, FirewallSpec, GuestRef, HostSpec, ImageSpec, SetupSpec, TemplateSpec };

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

/** A feature of a container. */
export interface FeatureSpec {
  name: string;
  /** Path of the environment's script; absent for one that is built in. */
  script?: string;
}

/** A folder of the host (`source`), or a volume of the container's own (`storage`), in a container. */
export type MountSpec = {
  /** Folder in the container. */
  target: string;
  readOnly: boolean;
} & (
  | { /** Name of the shared volume. */ volume: string; source: string }
  | { name: string; storage: string; sizeGb: number; destroyOnTeardown?: true }
);

/** The NVIDIA driver that host and containers share. */
export interface NvidiaSpec {
  version: string;
  runfileUrl: string;
  /** Of the .run file, hexadecimal. */
  sha256?: string;
  /** Such as 12.8; absent for no toolkit. */
  cudaVersion?: string;
  /** Address above CUDA's repositories of all releases, without a slash at its end. */
  cudaRepositories: string;
}

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
  /** Absent when the entry says nothing: then it runs. */
  state?: PowerState;
  /** Seconds it may take to shut down before it is stopped hard; 120 without it. */
  shutdownTimeout?: number;
  /** It is neither deleted nor made anew. */
  protect?: true;
  startAtBoot: boolean;
  bootOrder?: number;
  /** Seconds. */
  bootDelay?: number;
  network: NetworkSpec;
  /** Proxmox features such as `{nesting: "1"}`, keys sorted. */
  pctFeatures: Record<string, string>;
  /** `lxc.x: y`, in the order of the file; the AppArmor profile first, own maps of ids last. */
  rawLines: string[];
  /** The maps of ids it runs with, by guest id; absent when it is privileged. */
  idMap?: { users: IdRange[]; groups: IdRange[] };
  /** Those of them that the file asks for, in its order; absent for none. */
  ownIds?: { users: IdRange[]; groups: IdRange[] };
  /** By target. */
  mounts: MountSpec[];
  /** CTIDs that run before it, ascending. */
  dependencies: number[];
  /** Names of the virtual machines that run before it, sorted; absent for none. */
  vmDependencies?: string[];
  /** Features to install, in the order of the file; those whose script is left out are not among them. */
  features: FeatureSpec[];
  /** GPU indices, PCI addresses or UUIDs, sorted; empty for none. */
  gpus: string[];
  /** Whether it has a GPU and the driver's user space: by its own feature nvidia, or one it is cloned from. */
  usesDriver: boolean;
  /** Name of the snapshot that clones start from. */
  templateSnapshot?: string;
  /** Path of the application's script. */
  applicationScript?: string;
  /** `interval` and `timeLimit` in seconds. */
  healthCheck?: { command: string; retries: number; interval: number; timeLimit: number };
  /** Of its rules, the first that fits wins. */
  firewall?: { enabled: boolean; rules: FirewallRule[] };
  /** A step that fails brings it back to its state before the run. */
  rollbackOnFailure?: true;
  /** Its entry as the scripts inside it and its hook read it, without what only says whether it runs or may go. */
  scriptConfig: Record<string, unknown>;
}

/** A virtual machine, its entry laid over vm_defaults. */
export interface VmSpec {
  /** Host name; also what it is found by on the node while the file gives no VMID. */
  name: string;
  /** Absent when the node chooses: the first free one from 9000, kept once chosen. */
  vmid?: number;
  description?: string;
  /** What its disk is made from: exactly one of image and cloneFrom is set. */
  image?: ImageSpec;
  /** The template machine by name; a linked clone lives on its blocks. */
  cloneFrom?: { name: string; full: boolean };
  /** Storage of the disk. */
  storage: string;
  /** Absent for a clone that keeps its source's size. */
  diskGb?: number;
  memoryMb: number;
  cores: number;
  cpuType: string;
  machine: "q35" | "i440fx";
  uefi: boolean;
  /** `mac` upper case; absent when Proxmox picks one. */
  network: { bridge: string; vlan?: number; mac?: string };
  /** In this order. */
  bootDevices: string[];
  startAtBoot: boolean;
  bootOrder?: number;
  /** Seconds. */
  bootDelay?: number;
  /** Whether the QEMU guest agent is installed and waited for. */
  agent: boolean;
  /** Storage of the file that installs the agent. */
  snippetsStorage: string;
  cloudInit: {
    user?: string;
    sshKeys: string[];
    /** A secret. */
    passwordHash?: string;
    /** `dhcp`, or address with prefix length. */
    ip: string;
    gateway?: string;
    dns: string[];
    searchDomain?: string;
  };
  isTemplate: boolean;
  /** Names, in the order of the file. */
  snapshots: string[];
  /** `address` with domain, lower case; absent when the mapping must be there already. */
  passthrough: { mapping: string; address?: string; pcie: boolean; primaryGpu: boolean }[];
  /** GPUs it has to itself: PCI addresses of its devices, and what the file says of them, sorted. */
  gpus: string[];
  /** By target; `source` is `server:/path`. */
  nfsVolumes: { source: string; target: string; options: string }[];
  /** Storages that the node has on these exports when they are its own, in the order of the file. */
  exportStorages: string[];
  /** Features to install, in the order of the file; those whose script is left out are not among them. */
  features: FeatureSpec[];
  /** Scripts run in it, in the order of the file; those that are left out are not among them. */
  scripts: { name: string; path: string }[];
  /** `interval` and `timeLimit` in seconds. */
  healthCheck?: { command: string; retries: number; interval: number; timeLimit: number };
  /** What the entry says; undefined leaves it running from its making on. */
  state?: PowerState;
  /** Seconds before a shutdown becomes a hard stop. */
  shutdownTimeout: number;
  /** Nothing may delete it. */
  protect: boolean;
  /** Guests that run before it: containers by CTID, machines by name; without the clone source. */
  dependencies: GuestRef[];
  /**
   * Its merged entry as the scripts inside it read it, without what changes nothing in there and without its password
   * hash.
   */
  scriptConfig: Record<string, unknown>;
}

/** Everything the two files say. */
export interface Estate {
  /** What is set up on the host itself. */
  host: HostSpec;
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
  /** Absent when the host's file names no driver. */
  nvidia?: NvidiaSpec;
  /** Shared folders that a container mounts, by name of the volume. */
  folders: FolderSpec[];
  /** In an order that respects every dependency and clone source. */
  containers: ContainerSpec[];
  /** In an order that respects every dependency and clone source. */
  vms: VmSpec[];
  /** All guests in the order of both: containers by CTID, machines by name. */
  guests: GuestRef[];
  warnings: Finding[];
}
