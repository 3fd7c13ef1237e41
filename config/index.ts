/** Configuration: the two files, their rules, the order of the containers, and a stack's settings. */
export { type AdoptedSettings, isHeld } from "./adopted";
export { type EstateFiles, loadEstate } from "./estate";
export { firewallLine, networkOf } from "./firewall-schema";
export { ConfigurationError, type Finding, formatFinding } from "./findings";
export { type GraphNode, needsOf, orderGraph } from "./graph";
export type { HypervisorConfig } from "./hypervisor-schema";
export type { VmConfig } from "./vm-schema";
export type { ContainerConfig, LxcConfigs } from "./lxc-schema";
export type {
  ContainerSpec,
  DatasetSpec,
  Estate,
  FeatureSpec,
  FolderSpec,
  GuestRef,
  ImageSpec,
  MountSpec,
  NetworkSpec,
  NvidiaSpec,
  PoolSpec,
  StorageSpec,
  TemplateSpec,
  VmSpec,
} from "./model";
export { parsePower, powerOf, type PowerSettings, type PowerState, withPower } from "./power";
export { renderMermaid, renderText } from "./render-graph";
export { sambaPasswords } from "./samba-passwords";
export { type NfsSpec, nfsSpec, type SambaSpec, sambaSpec } from "./sharing";
export { nfsStorageId, shippedStorages } from "./storage-map";
export { warningCount } from "./warnings";
export { readStackSettings, type StackSettings } from "./stack";
