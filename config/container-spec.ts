/** A container as the components read it. */
import type { ContainerOptions } from "./container-options";
import type { DeviceSpec } from "./devices";
import type { GuestFirewall } from "./firewall-schema";
import type { FeatureSpec, HealthCheckSpec, TestSpec } from "./guest-scripts";
import type { IdRange } from "./id-maps";
import type { MountSpec } from "./mounts";
import type { Card } from "./networks";
import type { PortainerSpec } from "./portainer";
import type { PowerState } from "./power";
import type { RootAccess } from "./root-access";
import type { TemplateSpec } from "./templates";

/** A container's interface net0. */
export interface NetworkSpec {
  name: string;
  bridge: string;
  /** Address with prefix length, or who gives one: `dhcp`, or `manual` for somebody inside. */
  ip: string;
  gateway?: string;
  /** Upper case; absent when Proxmox picks one. */
  mac?: string;
  /** Keys of pct.conf(5) that the entry need not say; absent ones are left as they are. */
  more?: Pick<Card, "gw6" | "ip6" | "mtu" | "rate" | "tag">;
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
  /** Options of the root disk's mount as pct.conf(5) has them, such as `acl=1`; absent for none of the entry's. */
  rootOptions?: string;
  memoryMb: number;
  /** 512 unless the file says otherwise. */
  swapMb: number;
  cores: number;
  unprivileged: boolean;
  /** Absent when the entry says nothing: then it runs. */
  state?: PowerState;
  /** Seconds it may take to shut down before it is stopped hard; 120 without it. */
  shutdownTimeout?: number;
  /** It is neither deleted nor recreated. */
  protect?: true;
  /** Absent where nobody says anything of its root. */
  rootAccess?: RootAccess;
  startAtBoot: boolean;
  bootOrder?: number;
  /** Seconds. */
  bootDelay?: number;
  /** Beside those that say whose it is; absent for none. */
  tags?: string[];
  /** The pool of Proxmox VE that it is a member of. */
  pool?: string;
  /** Options of Proxmox VE that the entry need not say; absent for none. */
  options?: ContainerOptions;
  network: NetworkSpec;
  /** Cards beside that one, in the order of the file; absent for none. */
  cards?: Card[];
  /** Devices of the host by their paths; absent for none. */
  devices?: DeviceSpec[];
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
  /** What of Portainer it runs, the last of its features; absent for nothing. */
  portainer?: PortainerSpec;
  /** GPU indices, PCI addresses or UUIDs, sorted; empty for none. */
  gpus: string[];
  /** Whether it has a GPU and the driver's user space: by its own feature nvidia, or one it is cloned from. */
  usesDriver: boolean;
  /** Name of the snapshot that clones start from. */
  templateSnapshot?: string;
  /** Path of the application's script. */
  applicationScript?: string;
  /** Names of what the entry has carried with it; absent for nothing. */
  applicationFiles?: string[];
  healthCheck?: HealthCheckSpec;
  /** Path of the script that tests the application from the node. */
  integrationTests?: string;
  /** Tests that run inside it; absent for none. */
  tests?: TestSpec[];
  /** Names of the snapshots of stages of its life, in their order; absent for none. */
  lifecycleSnapshots?: ("pre-configured" | "final-form")[];
  /** Of its rules, the first that fits wins. */
  firewall?: GuestFirewall;
  /** When a step fails, it is rolled back to its state before the run. */
  rollbackOnFailure?: true;
  /** Its entry for the scripts inside it and its hook, without keys about power and protection, and without the password of its root. */
  scriptConfig: Record<string, unknown>;
}
