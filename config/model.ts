/** The normalised model of an estate: plain data, defaults applied, sorted, for the components. */
import type { BackupJobSpec } from "./backups";
import type { ContainerSpec } from "./container-spec";
import type { Finding } from "./findings";
import type { GuestRef } from "./graph";
import type { HostSpec } from "./host";
import type { FolderSpec } from "./mounts";
import type { NvidiaSpec } from "./nvidia";
import type { DatasetSpec, PoolSpec, StorageSpec } from "./storage";
import type { TemplateSpec } from "./templates";
import type { VmSpec } from "./vms";

export type { BackupJobSpec } from "./backups";
export type { ContainerSpec, NetworkSpec } from "./container-spec";
export type { GuestRef } from "./graph";
export type { FeatureSpec, HealthCheckSpec, TestSpec } from "./guest-scripts";
export type { AdminSpec, DriverSpec, FirewallSpec, HostSpec, SetupSpec } from "./host";
export type { ImageSpec } from "./image-spec";
export type { FolderSpec, MountSpec } from "./mounts";
export type { NvidiaSpec } from "./nvidia";
export type { DatasetSpec, PoolSpec, StorageSpec } from "./storage";
export type { TemplateSpec } from "./templates";
export type { VmSpec } from "./vms";

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
  /** By id. */
  backups: BackupJobSpec[];
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
  /** The two files as they are, without defaults, for scripts that read them. */
  documents: { containers: unknown; host: unknown };
}
