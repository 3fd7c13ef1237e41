/** From two files without mistakes to the model; what differs only in order or spacing comes out the same. */
import { profileLines, profileManagesNesting } from "./apparmor";
import { builtInFeatures, type EnvironmentScripts, featureFile, scriptPath } from "./environment";
import { parseFeatures, rawLines } from "./features";
import type { Finding } from "./findings";
import { wholePath } from "./folders";
import { type GraphNode, orderGraph } from "./graph";
import { hostSpec } from "./host";
import { idMapLines, idRanges, ownIds } from "./id-maps";
import type { HypervisorConfig } from "./hypervisor-schema";
import type { ContainerConfig, LxcConfigs } from "./lxc-schema";
import type {
  ContainerSpec,
  DatasetSpec,
  Estate,
  FolderSpec,
  MountSpec,
  NvidiaSpec,
  PoolSpec,
  StorageSpec,
  TemplateSpec,
  VmSpec,
} from "./model";
import { parseProperties } from "./rules/zfs-properties";
import { datasetAround, knownStorages, placeDatasets, splitList, storageIdOf } from "./storage-map";
import { resolveTemplate } from "./templates";
import { vmNamed, vmSpecs } from "./vms";
import { without } from "./without";
import { vdevsOf } from "./zfs-schema";

interface Files {
  hypervisor: HypervisorConfig;
  lxc: LxcConfigs;
}

/** The model of two parsed files; they must have passed every rule. */
export function normalise(files: Files, environment: EnvironmentScripts, warnings: Finding[]): Estate {
  const { hypervisor, lxc } = files;
  const isContainer = (id: string) => Object.hasOwn(lxc.lxc_configs, id);
  const all = [
    ...Object.entries(lxc.lxc_configs).map(([id, entry]) =>
      containerSpec(Number(id), entry, files, environment),
    ),
    ...vmSpecs(hypervisor, isContainer, environment),
  ];
  const { order } = orderGraph(all.map((spec) => ({ ...graphFields(spec), spec })));
  const containers = order.flatMap(({ spec }) => ("ctid" in spec ? [spec] : []));
  const templates = containers.flatMap(({ template }) => (template ? [template] : []));
  return {
    host: hostSpec(hypervisor),
    pools: sortBy(hypervisor.zfs.pools.map(poolSpec), ({ name }) => name),
    datasets: sortBy(datasetSpecs(hypervisor), ({ fullName }) => fullName),
    storages: sortBy(storageSpecs(hypervisor), ({ id }) => id),
    ...(hypervisor.zfs.arc_max_gb !== undefined && { arcMaxGb: hypervisor.zfs.arc_max_gb }),
    templates: sortBy([...new Map(templates.map((one) => [one.volid, one])).values()], ({ volid }) => volid),
    ...(hypervisor.nvidia_driver && { nvidia: nvidiaSpec(hypervisor.nvidia_driver, lxc) }),
    folders: folderSpecs(hypervisor),
    containers,
    vms: order.flatMap(({ spec }) => ("ctid" in spec ? [] : [spec])),
    guests: order.map(({ ctid }) => ctid),
    warnings,
  };
}

function sortBy<T>(items: readonly T[], key: (item: T) => string): T[] {
  return [...items].sort((a, b) => (key(a) < key(b) ? -1 : 1));
}

/** A guest as the order sees it. */
export function graphFields(spec: ContainerSpec | VmSpec): GraphNode {
  const { name, bootOrder } = spec;
  const shared = { name, ...(bootOrder !== undefined && { bootOrder }) };
  if (!("ctid" in spec)) {
    const { dependencies, cloneFrom } = spec;
    return { ctid: name, ...shared, dependencies, ...(cloneFrom && { cloneFrom: cloneFrom.name }) };
  }
  const { ctid, dependencies, vmDependencies = [], cloneFrom } = spec;
  const needs = [...dependencies, ...vmDependencies];
  return { ctid, ...shared, dependencies: needs, ...(cloneFrom && { cloneFrom: cloneFrom.ctid }) };
}

function poolSpec(pool: HypervisorConfig["zfs"]["pools"][number]): PoolSpec {
  return {
    name: pool.name,
    vdevs: vdevsOf(pool).map(({ raid_level, disks }) => ({
      raidLevel: raid_level,
      disks: [...disks].sort(),
    })),
    properties: parseProperties(`atime=off,compression=lz4,${pool.properties}`),
    autotrim: pool.autotrim ? "on" : "off",
    ...(pool.scrub !== undefined && { scrub: pool.scrub }),
    ...(pool.wipe_disks.length > 0 && { wipeDisks: [...pool.wipe_disks].sort() }),
    ...(pool.take_over_from !== undefined && { takeOverFrom: pool.take_over_from }),
    ...(pool.unequal_disks && { unequalDisks: true as const }),
    ...(pool.destroy_on_teardown && { destroyOnTeardown: true as const }),
  };
}

function datasetSpecs({ zfs, proxmox_storage_ids: ids }: HypervisorConfig): DatasetSpec[] {
  return zfs.datasets.map(({ pool, name, properties, destroy_on_teardown }) => ({
    pool,
    name,
    fullName: `${pool}/${name}`,
    properties: parseProperties(properties),
    mountpoint: `/${pool}/${name}`,
    storageId: storageIdOf(pool, name, ids),
    ...(destroy_on_teardown && { destroyOnTeardown: true as const }),
  }));
}

function storageSpecs({ zfs, proxmox_storage_ids: ids }: HypervisorConfig): StorageSpec[] {
  return zfs.datasets.map(({ pool, name, proxmox_storage_type: type, proxmox_content_type: content }) => ({
    id: storageIdOf(pool, name, ids),
    type,
    content: splitList(content),
    ...(type === "zfspool" ? { pool: `${pool}/${name}` } : { path: `/${pool}/${name}` }),
    dataset: `${pool}/${name}`,
  }));
}

function containerSpec(
  ctid: number,
  entry: ContainerConfig,
  { hypervisor, lxc }: Files,
  environment: EnvironmentScripts,
): ContainerSpec {
  const template = entry.template === undefined ? undefined : templateSpec(entry.template, hypervisor);
  const source = entry.clone_from_ctid;
  const snapshot = source === undefined ? undefined : lxc.lxc_configs[source]?.template_snapshot_name;
  const { name, bridge, ip, gw } = entry.network_config;
  const health = entry.health_check;
  const application =
    entry.application_script && scriptPath(environment.applications, entry.application_script);
  return {
    ctid,
    name: entry.name,
    ...(entry.description !== undefined && { description: entry.description }),
    ...(template && { template }),
    ...(source !== undefined && snapshot !== undefined && { cloneFrom: { ctid: Number(source), snapshot } }),
    storage: entry.storage_pool,
    diskGb: entry.storage_size_gb,
    memoryMb: entry.memory_mb,
    swapMb: entry.swap_mb,
    cores: entry.cores,
    unprivileged: entry.unprivileged,
    ...(entry.state !== undefined && { state: entry.state }),
    shutdownTimeout: entry.shutdown_timeout,
    ...(entry.protect && { protect: true as const }),
    startAtBoot: entry.start_at_boot,
    ...(entry.boot_order !== undefined && { bootOrder: entry.boot_order }),
    ...(entry.boot_delay !== undefined && { bootDelay: entry.boot_delay }),
    network: {
      name,
      bridge,
      ip,
      gateway: gw,
      ...(entry.mac_address !== undefined && { mac: entry.mac_address.toUpperCase() }),
    },
    pctFeatures: pctFeatures(entry, hypervisor),
    rawLines: [
      ...rawLines([...profileLines(entry, hypervisor), ...entry.lxc_options]),
      ...idMapLines(entry.id_maps),
    ],
    ...(entry.unprivileged && {
      idMap: { users: idRanges(entry.id_maps, "user"), groups: idRanges(entry.id_maps, "group") },
      ...(entry.id_maps.length > 0 && {
        ownIds: { users: ownIds(entry.id_maps, "user"), groups: ownIds(entry.id_maps, "group") },
      }),
    }),
    mounts: mounts(ctid, entry, hypervisor),
    ...needs(entry, { hypervisor, lxc }),
    features: entry.features.flatMap((name) => {
      if (builtInFeatures.includes(name)) return [{ name }];
      const script = scriptPath(environment.features, featureFile(name));
      return script === undefined ? [] : [{ name, script }];
    }),
    gpus: gpuList(entry.gpu_assignment),
    usesDriver: entry.gpu_assignment !== "none" && hasDriver(String(ctid), lxc),
    ...(entry.template_snapshot_name !== undefined && { templateSnapshot: entry.template_snapshot_name }),
    ...(application && { applicationScript: application }),
    ...(health &&
      (entry.application_script === undefined || application) && {
        healthCheck: {
          command: health.command,
          retries: health.retries,
          interval: health.interval,
          timeLimit: health.time_limit,
        },
      }),
    ...(entry.firewall && { firewall: entry.firewall }),
    ...(hypervisor.behavior?.rollback_on_failure && { rollbackOnFailure: true as const }),
    scriptConfig: without(entry, ["state", "shutdown_timeout", "protect"]),
  };
}

/** What a container's dependencies name: a CTID goes before the VMID of a machine. */
function needs(
  { dependencies }: ContainerConfig,
  { hypervisor, lxc }: Files,
): Pick<ContainerSpec, "dependencies" | "vmDependencies"> {
  const isContainer = (id: string) => Object.hasOwn(lxc.lxc_configs, id);
  const machines = dependencies.flatMap((text) =>
    isContainer(text) ? [] : (vmNamed(hypervisor.vms)(text)?.name ?? []),
  );
  return {
    dependencies: [...new Set(dependencies.filter(isContainer).map(Number))].sort((a, b) => a - b),
    ...(machines.length > 0 && { vmDependencies: [...new Set(machines)].sort() }),
  };
}

function templateSpec(text: string, hypervisor: HypervisorConfig): TemplateSpec | undefined {
  const found = resolveTemplate(text, placeDatasets(hypervisor), knownStorages(hypervisor));
  return "template" in found ? found.template : undefined;
}

/** NVIDIA's own address, which the container file's nvidia_repo_url may replace by a mirror's. */
const cudaRepositories = "https://developer.download.nvidia.com/compute/cuda/repos";

function nvidiaSpec(
  driver: NonNullable<HypervisorConfig["nvidia_driver"]>,
  { nvidia_repo_url: url }: LxcConfigs,
): NvidiaSpec {
  const { version, runfile_url: runfileUrl, runfile_sha256: sha256, cuda_version: cudaVersion } = driver;
  return {
    version,
    runfileUrl,
    ...(sha256 !== undefined && { sha256 }),
    ...(cudaVersion !== undefined && { cudaVersion }),
    // The file names the repository of one release; each container uses that of its own.
    cudaRepositories: /^(.*\/repos)\/[^/]+\/[^/]+\/?$/.exec(url ?? "")?.[1] ?? cudaRepositories,
  };
}

/** Whether a container, or one it is cloned from, has the feature nvidia. */
function hasDriver(ctid: string, lxc: LxcConfigs): boolean {
  const entry = lxc.lxc_configs[ctid];
  if (entry === undefined) return false;
  return (
    entry.features.includes("nvidia") ||
    (entry.clone_from_ctid !== undefined && hasDriver(entry.clone_from_ctid, lxc))
  );
}

/** Modes of shared folders that are not 775 (the original's own names). */
const folderModes: Record<string, string> = { ssl_certs: "755", nginx_sites: "755", portainer_data: "770" };

/** Root of an unprivileged container as the host sees it (pve-container). */
const mappedRoot = "100000";

function folderSpecs(hypervisor: HypervisorConfig): FolderSpec[] {
  const datasets = placeDatasets(hypervisor);
  const used = Object.entries(hypervisor.shared_volumes).filter(
    ([, { mounts }]) => Object.keys(mounts).length > 0,
  );
  const specs = used.map(([volume, { host_path, owner, directory_mode: mode }]): FolderSpec => {
    const path = wholePath(host_path);
    const storageId = datasetAround(path, datasets)?.storageId;
    return {
      volume,
      path,
      owner: owner === undefined || owner === "container_root" ? mappedRoot : owner,
      mode: mode?.replace(/^0(?=...)/, "") ?? folderModes[volume] ?? "775",
      holdOwner: owner !== undefined,
      holdMode: mode !== undefined,
      ...(storageId !== undefined && { storageId }),
    };
  });
  return sortBy(specs, ({ volume }) => volume);
}

/** Shared folders and own volumes, by their place in the container. */
function mounts(
  ctid: number,
  entry: ContainerConfig,
  { shared_volumes: shared }: HypervisorConfig,
): MountSpec[] {
  const folders = Object.entries(shared).flatMap(
    ([volume, { host_path, mounts, read_only }]): MountSpec[] => {
      const target = mounts[ctid];
      if (target === undefined) return [];
      const readOnly = read_only.includes(String(ctid));
      return [{ volume, source: wholePath(host_path), target: wholePath(target), readOnly }];
    },
  );
  const own = [...entry.volumes, ...entry.zfs_volumes].map(
    ({ name, pool, size_gb, mount_point, read_only, destroy_on_teardown }): MountSpec => ({
      name,
      storage: pool,
      sizeGb: size_gb,
      target: wholePath(mount_point),
      readOnly: read_only,
      ...(destroy_on_teardown && { destroyOnTeardown: true }),
    }),
  );
  return sortBy([...folders, ...own], ({ target }) => target);
}

/** Own pct_options, or the defaults of the host when there are none; an empty list counts as none. */
function pctFeatures(entry: ContainerConfig, hypervisor: HypervisorConfig): Record<string, string> {
  const defaults = hypervisor.proxmox_defaults.lxc;
  const own = entry.pct_options ?? [];
  const features =
    own.length > 0
      ? parseFeatures(own)
      : parseFeatures([
          ...(defaults.nesting === 1 ? ["nesting=1"] : []),
          ...defaults.features.split(",").filter((word) => word !== ""),
        ]);
  if (!profileManagesNesting(entry, hypervisor)) return features;
  // A profile of its own takes the place of the one that Proxmox VE writes for the feature: lines do it instead.
  return Object.fromEntries(Object.entries(features).filter(([key]) => key !== "nesting"));
}

/** `"0, 1"` → `["0", "1"]`; indices in order of number, then the rest by name. */
function gpuList(text: string): string[] {
  if (text === "none") return [];
  const gpus = text.split(",").map((gpu) => gpu.trim());
  return gpus.sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
}
