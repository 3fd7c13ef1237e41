/** Configuration: the two files, their rules, the order of the containers, and a stack's settings. */
export { type AdoptedSettings, isLeftAsAdopted } from "./adopted";
export { type EstateFiles, loadEstate } from "./estate";
export { firewallLine, networkOf } from "./firewall-schema";
export { ConfigurationError, type Finding, formatFinding } from "./findings";
export type {
  AdminSpec,
  ContainerSpec,
  DatasetSpec,
  DriverSpec,
  Estate,
  FeatureSpec,
  FirewallSpec,
  FolderSpec,
  GuestRef,
  HostSpec,
  ImageSpec,
  MountSpec,
  NetworkSpec,
  NvidiaSpec,
  PoolSpec,
  SetupSpec,
  StorageSpec,
  TemplateSpec,
  VmSpec,
} from "./model";
export { parsePower, powerOf, type PowerSettings, type PowerState, withPower } from "./power";
export { sambaPasswords } from "./samba-passwords";
export type { NfsSpec, SambaSpec } from "./sharing";
export { shippedStorages } from "./storage-map";
export { warningCount } from "./warnings";
export { readStackSettings, type StackSettings } from "./stack";
