/** From entries of containers to what the components read. */
import { profileLines, profileManagesNesting } from "./apparmor";
import { containerOptions } from "./container-options";
import type { ContainerSpec } from "./container-spec";
import { deviceSpec } from "./devices";
import { type EnvironmentScripts, scriptPath } from "./environment";
import { parseFeatures, rawLines } from "./features";
import { featureSpecs, healthCheckSpec, portainerFeature, testSpecs } from "./guest-scripts";
import type { HypervisorConfig } from "./hypervisor-schema";
import { idMapLines, idRanges, ownIds } from "./id-maps";
import type { ContainerConfig, LxcConfigs } from "./lxc-schema";
import { mountOptions } from "./mount-options";
import { mounts } from "./mounts";
import { cardOf } from "./networks";
import { hasDriver } from "./nvidia";
import { portainerSpec } from "./portainer";
import { rootAccess } from "./root-access";
import { knownStorages, placeDatasets } from "./storage-map";
import { resolveTemplate, type TemplateSpec } from "./templates";
import { vmNamed } from "./vm-entries";
import { without } from "./without";

/** Both files, with defaults applied. */
export interface Files {
  hypervisor: HypervisorConfig;
  lxc: LxcConfigs;
}

/** The model of every container; the files must have passed every rule. */
export function containerSpecs(files: Files, environment: EnvironmentScripts): ContainerSpec[] {
  return Object.entries(files.lxc.lxc_configs).map(([id, entry]) =>
    containerSpec(Number(id), entry, files, environment),
  );
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
  const { name, bridge, ip, gw, gw6, ip6, mtu, rate, vlan: tag } = entry.network_config;
  const more = { gw6, ip6, mtu, rate, tag };
  const health = entry.health_check;
  const portainer = portainerSpec(ctid, entry, { hypervisor, lxc });
  const application =
    entry.application_script && scriptPath(environment.applications, entry.application_script);
  const mounted = mounts(ctid, entry, hypervisor);
  // A bind mount blocks snapshots, and the rules let nobody be cloned from such a container.
  const canBeTaken = mounted.every((mount) => !("source" in mount));
  return {
    ctid,
    name: entry.name,
    ...(entry.description !== undefined && { description: entry.description }),
    ...(template && { template }),
    ...(source !== undefined && snapshot !== undefined && { cloneFrom: { ctid: Number(source), snapshot } }),
    storage: entry.storage_pool,
    diskGb: entry.storage_size_gb,
    ...rootOptions(entry),
    memoryMb: entry.memory_mb,
    swapMb: entry.swap_mb,
    cores: entry.cores,
    unprivileged: entry.unprivileged,
    ...(entry.state !== undefined && { state: entry.state }),
    shutdownTimeout: entry.shutdown_timeout,
    ...(entry.protect && { protect: true as const }),
    ...rootAccess(String(ctid), lxc),
    startAtBoot: entry.start_at_boot,
    ...(entry.boot_order !== undefined && { bootOrder: entry.boot_order }),
    ...(entry.boot_delay !== undefined && { bootDelay: entry.boot_delay }),
    ...(entry.tags && entry.tags.length > 0 && { tags: [...new Set(entry.tags)].sort() }),
    ...(entry.pool !== undefined && { pool: entry.pool }),
    ...containerOptions(entry),
    network: {
      name,
      bridge,
      ip,
      ...(gw !== undefined && { gateway: gw }),
      ...(entry.mac_address !== undefined && { mac: entry.mac_address.toUpperCase() }),
      ...(Object.values(more).some((value) => value !== undefined) && { more }),
    },
    ...(entry.networks && entry.networks.length > 0 && { cards: entry.networks.map(cardOf) }),
    ...(entry.devices && entry.devices.length > 0 && { devices: entry.devices.map(deviceSpec) }),
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
    mounts: mounted,
    ...needs(entry, { hypervisor, lxc }),
    features: [
      ...featureSpecs(entry.features, environment),
      ...(portainer ? [portainerFeature(environment)] : []),
    ],
    ...(portainer && { portainer }),
    gpus: gpuList(entry.gpu_assignment),
    usesDriver: entry.gpu_assignment !== "none" && hasDriver(String(ctid), lxc),
    ...(entry.template_snapshot_name !== undefined &&
      canBeTaken && { templateSnapshot: entry.template_snapshot_name }),
    ...(application && { applicationScript: application }),
    ...(application && entry.application_files && { applicationFiles: entry.application_files }),
    ...(health &&
      (entry.application_script === undefined || application) && { healthCheck: healthCheckSpec(health) }),
    ...testsOf(entry, environment),
    ...(entry.enable_lifecycle_snapshots && lifecycleSnapshots(ctid, entry, hypervisor)),
    ...(entry.firewall && { firewall: entry.firewall }),
    ...(hypervisor.behavior?.rollback_on_failure && { rollbackOnFailure: true as const }),
    scriptConfig: without(entry, ["state", "shutdown_timeout", "protect", "root_password_hash"]),
  };
}

function rootOptions({ rootfs = {} }: ContainerConfig): Pick<ContainerSpec, "rootOptions"> {
  const { options } = mountOptions(rootfs);
  return options === undefined ? {} : { rootOptions: options };
}

function testsOf(
  { integration_tests: script, run_integration_tests: isRun, tests: suites = {} }: ContainerConfig,
  environment: EnvironmentScripts,
): Pick<ContainerSpec, "integrationTests" | "tests"> {
  const integrationTests = isRun && script ? scriptPath(environment.tests, script.script) : undefined;
  const tests = testSpecs(suites, environment);
  return { ...(integrationTests && { integrationTests }), ...(tests.length > 0 && { tests }) };
}

/** The template's own snapshot has its name for itself; where a folder of the host is mounted, there can be none. */
function lifecycleSnapshots(
  ctid: number,
  entry: ContainerConfig,
  hypervisor: HypervisorConfig,
): Pick<ContainerSpec, "lifecycleSnapshots"> {
  if (mounts(ctid, entry, hypervisor).some((mount) => "volume" in mount)) return {};
  const names = (["pre-configured", "final-form"] as const).filter(
    (name) => name !== entry.template_snapshot_name,
  );
  return { lifecycleSnapshots: names };
}

/** What a container's dependencies name: a CTID takes precedence over a machine's VMID. */
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
  // Its own profile replaces the one that Proxmox VE writes for the feature; raw lines have its effect instead.
  return Object.fromEntries(Object.entries(features).filter(([key]) => key !== "nesting"));
}

/** `"0, 1"` → `["0", "1"]`; indices in order of number, then the rest by name. */
function gpuList(text: string): string[] {
  if (text === "none") return [];
  const gpus = text.split(",").map((gpu) => gpu.trim());
  return gpus.sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
}
