/** Virtual machines as the components take them. */
import type { GuestFirewall } from "./firewall-schema";
import { type EnvironmentScripts, scriptPath } from "./environment";
import { wholePath } from "./folders";
import { compareGuests, type GuestRef } from "./graph";
import { type FeatureSpec, featureSpecs, type HealthCheckSpec, healthCheckSpec } from "./guest-scripts";
import type { HypervisorConfig } from "./hypervisor-schema";
import type { ImageSpec } from "./image-spec";
import { resolveImage } from "./images";
import type { PowerState } from "./power";
import { nfsStorageId, placeDatasets, type PlacedDataset } from "./storage-map";
import { imageStorage, mergeVm, snippetsStorage, vmNamed } from "./vm-entries";
import { cdDrive, emptyDisk, isoOf } from "./vm-iso";
import { type DiskSpec, diskSpec } from "./vm-disks";
import { type Hardware, hardwareOf } from "./vm-hardware";
import { type FirstCard, firstCard, type VmCard, vmCard } from "./vm-networks";
import { type VmOptions, vmOptions } from "./vm-options";
import type { VmConfig, VmDefaults } from "./vm-schema";
import { without } from "./without";

/** A virtual machine, its entry laid over vm_defaults. */
export interface VmSpec {
  /** Host name; also what it is found by on the node while the file gives no VMID. */
  name: string;
  /** Absent when the node chooses: the first free one from 9000, kept once chosen. */
  vmid?: number;
  description?: string;
  /** What its disk is made from: one of image and cloneFrom; without either it is empty. */
  image?: ImageSpec;
  /** The template machine by name; a linked clone lives on its blocks. */
  cloneFrom?: { name: string; full: boolean };
  /** The CD in its drive. */
  iso?: ImageSpec;
  /** Storage of the disk. */
  storage: string;
  /** Absent for a clone that keeps its source's size. */
  diskGb?: number;
  /** Disks beside scsi0, in the order of the file; absent for none. */
  disks?: DiskSpec[];
  memoryMb: number;
  cores: number;
  cpuType: string;
  /** `+aes`, sorted; absent for none. */
  cpuFlags?: string[];
  options?: VmOptions;
  /** Sorted; absent for none. */
  tags?: string[];
  machine: "q35" | "i440fx";
  uefi: boolean;
  /** `mac` upper case; absent when Proxmox picks one. */
  network: { bridge: string; vlan?: number; mac?: string } & FirstCard;
  /** Cards beside it, in the order of the file; absent for none. */
  networks?: VmCard[];
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
    ip6?: string;
    gateway6?: string;
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
  healthCheck?: HealthCheckSpec;
  firewall?: GuestFirewall;
  hardware?: Hardware;
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

/** The model of every entry; they must have passed every rule. In the order of the file. */
export function vmSpecs(
  hypervisor: HypervisorConfig,
  isContainer: (id: string) => boolean,
  environment: EnvironmentScripts,
): VmSpec[] {
  return hypervisor.vms.map((entry) => vmSpec(entry, hypervisor, isContainer, environment));
}

function vmSpec(
  own: VmConfig,
  hypervisor: HypervisorConfig,
  isContainer: (id: string) => boolean,
  environment: EnvironmentScripts,
): VmSpec {
  const datasets = placeDatasets(hypervisor);
  const entry = mergeVm<VmConfig, VmDefaults>(hypervisor.vm_defaults, own);
  const source = own.clone_from === undefined ? undefined : vmNamed(hypervisor.vms)(own.clone_from);
  const scripts = entry.post_create_scripts.flatMap((name) => {
    const path = scriptPath(environment.applications, name);
    return path === undefined ? [] : [{ name, path }];
  });
  const allScripts = scripts.length === entry.post_create_scripts.length;
  const health = entry.health_check;
  const { user, password_hash: passwordHash, search_domain: searchDomain } = entry.cloud_init ?? {};
  const storage = entry.storage_pool ?? "";
  const iso = isoOf(own);
  return {
    name: entry.name,
    ...(entry.vmid !== undefined && { vmid: entry.vmid }),
    ...(entry.description !== undefined && { description: entry.description }),
    ...(source
      ? { cloneFrom: { name: source.name, full: entry.clone_mode === "full" } }
      : entry.template !== emptyDisk && { image: imageOf(entry, datasets) }),
    ...(iso && { iso }),
    storage,
    ...(entry.disk_size_gb !== undefined && { diskGb: entry.disk_size_gb }),
    ...(own.disks && own.disks.length > 0 && { disks: own.disks.map((disk) => diskSpec(disk, storage)) }),
    memoryMb: entry.memory_mb ?? 0,
    cores: entry.cores ?? 0,
    cpuType: entry.cpu_type ?? "x86-64-v2-AES",
    ...(entry.cpu_flags && entry.cpu_flags.length > 0 && { cpuFlags: [...entry.cpu_flags].sort() }),
    ...vmOptions(entry),
    ...(entry.tags && entry.tags.length > 0 && { tags: [...new Set(entry.tags)].sort() }),
    machine: entry.machine ?? "q35",
    uefi: entry.uefi ?? false,
    network: {
      bridge: entry.network_bridge ?? "",
      ...(entry.vlan !== undefined && { vlan: entry.vlan }),
      ...(entry.mac_address !== undefined && { mac: entry.mac_address.toUpperCase() }),
      ...firstCard(entry),
    },
    ...(own.networks && own.networks.length > 0 && { networks: own.networks.map(vmCard) }),
    bootDevices: entry.boot_devices ?? ["scsi0", ...(iso ? [cdDrive] : [])],
    startAtBoot: entry.start_at_boot ?? false,
    ...(entry.boot_order !== undefined && { bootOrder: entry.boot_order }),
    ...(entry.boot_delay !== undefined && { bootDelay: entry.boot_delay }),
    agent: entry.agent ?? (source !== undefined || entry.template !== emptyDisk),
    snippetsStorage: snippetsStorage(entry.snippets_storage, datasets),
    cloudInit: {
      ...(user !== undefined && { user }),
      ...(passwordHash !== undefined && { passwordHash }),
      ...(searchDomain !== undefined && { searchDomain }),
      sshKeys: entry.cloud_init?.ssh_keys ?? [],
      ip: entry.cloud_init?.ip ?? "dhcp",
      ...(entry.cloud_init?.gateway !== undefined && { gateway: entry.cloud_init.gateway }),
      ...(entry.cloud_init?.ip6 !== undefined && { ip6: entry.cloud_init.ip6 }),
      ...(entry.cloud_init?.gateway6 !== undefined && { gateway6: entry.cloud_init.gateway6 }),
      dns: entry.cloud_init?.dns_servers ?? [],
    },
    isTemplate: entry.is_template,
    snapshots: entry.snapshots,
    passthrough: entry.passthrough.map(({ mapping, address, pcie, primary_gpu: primaryGpu }) => ({
      mapping,
      ...(address !== undefined && { address: fullAddress(address) }),
      pcie,
      primaryGpu,
    })),
    gpus: gpusOf(entry),
    nfsVolumes: nfsVolumes(entry, hypervisor),
    exportStorages: entry.nfs_volumes.map((volume) => nfsStorageId(volume.export)),
    features: featureSpecs(entry.features, environment),
    scripts,
    ...(health && allScripts && { healthCheck: healthCheckSpec(health) }),
    ...(entry.firewall && { firewall: entry.firewall }),
    ...hardwareOf(own, storage),
    ...(entry.state !== undefined && { state: entry.state }),
    shutdownTimeout: entry.shutdown_timeout,
    protect: entry.protect,
    dependencies: dependencies(entry, hypervisor, isContainer),
    scriptConfig: without(entry, ["cloud_init", "firewall", "iso", "state", "protect", "shutdown_timeout"]),
  };
}

function imageOf(entry: VmDefaults, datasets: readonly PlacedDataset[]): ImageSpec {
  const storage = imageStorage(entry.image_storage, datasets);
  const found = resolveImage(entry.template ?? "", entry.image_checksum, storage, datasets);
  if ("problem" in found) throw new Error(`template ${found.problem}`);
  return found.image;
}

/** `01:00` → `0000:01:00`, lower case; without a function it stands for all of them. */
function fullAddress(address: string): string {
  return (/^[0-9a-fA-F]{4}:[0-9a-fA-F]{2}:/.test(address) ? address : `0000:${address}`).toLowerCase();
}

/** The GPUs among its devices, as a container would name them, and the addresses of all its devices. */
function gpusOf({ passthrough }: VmConfig): string[] {
  const names = passthrough.flatMap(({ address, gpu }) => [
    ...(address === undefined ? [] : [fullAddress(address)]),
    ...(gpu === undefined ? [] : [gpu]),
  ]);
  return [...new Set(names)].sort();
}

function nfsVolumes(entry: VmConfig, { network }: HypervisorConfig): VmSpec["nfsVolumes"] {
  const own = network.nfs_server ?? network.interfaces.address.replace(/\/.*/, "");
  return entry.nfs_volumes
    .map(({ server, export: path, mount_point: target, read_only: readOnly, options }) => ({
      source: `${server ?? own}:${path}`,
      target: wholePath(target),
      options: readOnly ? `ro,${options}` : options,
    }))
    .sort((a, b) => (a.target < b.target ? -1 : 1));
}

function dependencies(
  entry: VmConfig,
  { vms }: HypervisorConfig,
  isContainer: (id: string) => boolean,
): VmSpec["dependencies"] {
  // An id that no guest has is left out, with a warning.
  const found = entry.dependencies.flatMap((text) =>
    isContainer(text) ? Number(text) : (vmNamed(vms)(text)?.name ?? []),
  );
  return [...new Set(found)].sort(compareGuests);
}
