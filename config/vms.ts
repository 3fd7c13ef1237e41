/** Virtual machines: entries laid over vm_defaults, as the components take them. */
import { builtInFeatures, type EnvironmentScripts, featureFile, scriptPath } from "./environment";
import { wholePath } from "./folders";
import { compareGuests } from "./graph";
import type { HypervisorConfig } from "./hypervisor-schema";
import { imageHolders, type ImageSpec, resolveImage } from "./images";
import type { VmSpec } from "./model";
import { once } from "./once";
import { nfsStorageId, placeDatasets, type PlacedDataset } from "./storage-map";
import type { VmConfig, VmDefaults } from "./vm-schema";
import { without } from "./without";

/** An entry with what vm_defaults says where it says nothing; the keys of cloud_init one by one. */
export function mergeVm<
  V extends { cloud_init?: object | undefined },
  D extends { cloud_init?: object | undefined },
>(defaults: D | undefined, entry: V): D & V {
  const cloudInit = { ...defaults?.cloud_init, ...entry.cloud_init };
  const merged = { ...defaults, ...entry } as D & V;
  return Object.keys(cloudInit).length > 0 ? { ...merged, cloud_init: cloudInit } : merged;
}

/** Storage that a downloaded image is kept on: named, else the files' own, else the one that Proxmox ships. */
export function imageStorage(named: string | undefined, datasets: readonly PlacedDataset[]): string {
  return named ?? imageHolders(datasets)[0] ?? "local";
}

/** Storage of the file that installs the guest agent. */
export function snippetsStorage(named: string | undefined, datasets: readonly PlacedDataset[]): string {
  return named ?? datasets.find(({ content }) => content.includes("snippets"))?.storageId ?? "local";
}

/** Finds the machine that a text means: by its name, or by the VMID of an entry that gives one; the first of several. */
export function vmNamed<V extends Named>(vms: readonly V[]): (text: string) => V | undefined {
  return (text) => byText(vms).get(text) as V | undefined;
}

interface Named {
  name?: string | undefined;
  vmid?: number | undefined;
}

const byText = once((vms: readonly Named[]) => {
  const found = new Map<string, Named>();
  const last = [...vms].reverse();
  for (const vm of last) if (vm.vmid !== undefined) found.set(String(vm.vmid), vm);
  for (const vm of last) if (vm.name !== undefined) found.set(vm.name, vm);
  return found;
});

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
  return {
    name: entry.name,
    ...(entry.vmid !== undefined && { vmid: entry.vmid }),
    ...(entry.description !== undefined && { description: entry.description }),
    ...(source
      ? { cloneFrom: { name: source.name, full: entry.clone_mode === "full" } }
      : { image: imageOf(entry, datasets) }),
    storage,
    ...(entry.disk_size_gb !== undefined && { diskGb: entry.disk_size_gb }),
    memoryMb: entry.memory_mb ?? 0,
    cores: entry.cores ?? 0,
    cpuType: entry.cpu_type ?? "x86-64-v2-AES",
    machine: entry.machine ?? "q35",
    uefi: entry.uefi ?? false,
    network: {
      bridge: entry.network_bridge ?? "",
      ...(entry.vlan !== undefined && { vlan: entry.vlan }),
      ...(entry.mac_address !== undefined && { mac: entry.mac_address.toUpperCase() }),
    },
    bootDevices: entry.boot_devices ?? ["scsi0"],
    startAtBoot: entry.start_at_boot ?? false,
    ...(entry.boot_order !== undefined && { bootOrder: entry.boot_order }),
    ...(entry.boot_delay !== undefined && { bootDelay: entry.boot_delay }),
    agent: entry.agent ?? true,
    snippetsStorage: snippetsStorage(entry.snippets_storage, datasets),
    cloudInit: {
      ...(user !== undefined && { user }),
      ...(passwordHash !== undefined && { passwordHash }),
      ...(searchDomain !== undefined && { searchDomain }),
      sshKeys: entry.cloud_init?.ssh_keys ?? [],
      ip: entry.cloud_init?.ip ?? "dhcp",
      ...(entry.cloud_init?.gateway !== undefined && { gateway: entry.cloud_init.gateway }),
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
    features: entry.features.flatMap((name) => {
      if (builtInFeatures.includes(name)) return [{ name }];
      const script = scriptPath(environment.features, featureFile(name));
      return script === undefined ? [] : [{ name, script }];
    }),
    scripts,
    ...(health &&
      allScripts && {
        healthCheck: {
          command: health.command,
          retries: health.retries,
          interval: health.interval,
          timeLimit: health.time_limit,
        },
      }),
    ...(entry.state !== undefined && { state: entry.state }),
    shutdownTimeout: entry.shutdown_timeout,
    protect: entry.protect,
    dependencies: dependencies(entry, hypervisor, isContainer),
    scriptConfig: without(entry, ["cloud_init", "state", "protect", "shutdown_timeout"]),
  };
}

function imageOf(entry: VmDefaults, datasets: readonly PlacedDataset[]): ImageSpec {
  const storage = imageStorage(entry.image_storage, datasets);
  const found = resolveImage(entry.template ?? "", entry.image_checksum, storage, datasets);
  if ("problem" in found) throw new Error(`template ${found.problem}`);
  return found.image;
}

/** `01:00` → `0000:01:00`, lower case; without a function it stands for all of them. */
export function fullAddress(address: string): string {
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
  const found = entry.dependencies.map((text) =>
    isContainer(text) ? Number(text) : (vmNamed(vms)(text)?.name ?? text),
  );
  return [...new Set(found)].sort(compareGuests);
}
