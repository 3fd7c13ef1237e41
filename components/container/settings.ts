import { firewallLine } from "../../config/firewall-schema";
import type { ContainerSpec, MountSpec } from "../../config/model";
import { description, startup } from "../guest/texts";

/** Kinds of guest that Proxmox VE knows how to set up inside, as template names begin. */
const osTypes = [
  "alpine",
  "archlinux",
  "centos",
  "debian",
  "devuan",
  "fedora",
  "gentoo",
  "nixos",
  "opensuse",
  "ubuntu",
] as const;

/** `ostype` of a template by its file name; `unmanaged` leaves network and hostname inside alone. */
export function osType(templateFile: string): string {
  return osTypes.find((type) => templateFile.startsWith(type)) ?? "unmanaged";
}

/** `nesting=1,keyctl=1`, sorted. */
function features(spec: ContainerSpec): string | undefined {
  const pairs = Object.entries(spec.pctFeatures).map(([key, value]) => `${key}=${value}`);
  return pairs.length > 0 ? pairs.sort().join(",") : undefined;
}

/** Desired state of the step that clones a container from a snapshot of another. */
export function cloneSettings(
  { ctid, name, storage, cloneFrom }: ContainerSpec,
  { tag, adopt, incarnation }: { tag: string; adopt: boolean; incarnation?: string },
): Record<string, unknown> {
  const { ctid: source, snapshot } = cloneFrom!;
  return { ctid, source, snapshot, hostname: name, storage, tag, birth: incarnation, adopt };
}

/** Desired state of the configure step (configure/configure.sh says the shape). */
export function configureSettings(spec: ContainerSpec, tag: string, stack: string): Record<string, unknown> {
  const { network, template } = spec;
  return {
    ctid: spec.ctid,
    tag,
    madeFrom: template && {
      template: template.volid,
      osType: osType(template.file),
      storage: spec.storage,
      unprivileged: spec.unprivileged,
    },
    diskGb: spec.diskGb,
    rawLines: spec.rawLines,
    gpus: spec.gpus.length > 0 ? spec.gpus : undefined,
    hostIds: hostIds(spec),
    protect: spec.protect,
    values: {
      cores: spec.cores,
      description: description(spec, stack),
      features: features(spec),
      hostname: spec.name,
      memory: spec.memoryMb,
      onboot: spec.startAtBoot ? 1 : 0,
      startup: startup(spec),
      swap: spec.swapMb,
    },
    net0: {
      name: network.name,
      bridge: network.bridge,
      ip: network.ip,
      gw: network.gateway,
      hwaddr: network.mac,
      type: "veth",
      firewall: spec.firewall?.enabled ? "1" : undefined,
    },
  };
}

/** Ids of the host that an own map uses, as /etc/subuid and /etc/subgid name them: `first:count`. */
function hostIds({ ownIds }: ContainerSpec): Record<string, string[]> | undefined {
  if (ownIds === undefined) return undefined;
  const own = (kind: "users" | "groups") => ownIds[kind].map(({ host, count }) => `${host}:${count}`);
  return { users: own("users"), groups: own("groups") };
}

/** Desired state of the mounts step. */
export function mountSettings({ ctid, mounts }: ContainerSpec, tag: string): Record<string, unknown> {
  return {
    ctid,
    tag,
    mounts: mounts.map((mount) => {
      const { target, readOnly } = mount;
      if ("source" in mount) return { target, readOnly, source: mount.source };
      const { name, storage, sizeGb, destroyOnTeardown } = mount;
      return { target, readOnly, name, storage, sizeGb, destroyOnTeardown };
    }),
  };
}

/** Desired state of the firewall step: rules as pve-firewall(8) writes them. */
export function firewallSettings({ ctid, firewall }: ContainerSpec, tag: string): Record<string, unknown> {
  const rules = (firewall?.rules ?? []).map(firewallLine);
  return { ctid, tag, enabled: firewall?.enabled ?? false, rules };
}

/** Desired state of the idmap step: what the running container must show. */
export function idMapSettings({ ctid, idMap, mounts }: ContainerSpec, tag: string): Record<string, unknown> {
  const lines = (kind: "users" | "groups") =>
    (idMap?.[kind] ?? []).map(({ guest, host, count }) => `${guest} ${host} ${count}`);
  const isFolder = (mount: MountSpec) => "source" in mount;
  return {
    ctid,
    tag,
    users: lines("users"),
    groups: lines("groups"),
    folders: mounts.filter(isFolder).map(({ source, target }) => ({ source, target })),
  };
}

/**
 * Desired state of the start step. What takes effect only at a start is among its inputs, so that the
 * preview names the restart as a change of its own.
 */
export function startSettings(spec: ContainerSpec, tag: string): Record<string, unknown> {
  const { gpus, mounts } = spec;
  return {
    ctid: spec.ctid,
    tag,
    interface: spec.network.name,
    restartWhenChanged: {
      hostname: spec.name,
      features: features(spec),
      rawLines: spec.rawLines,
      gpus: gpus.length > 0 ? gpus : undefined,
      mounts: mounts.length > 0 ? mounts.map(atStart) : undefined,
    },
  };
}

/** What of a mount takes effect at a start: its size, and whether it goes with the container, do not. */
function atStart(mount: MountSpec): Record<string, unknown> {
  const { target, readOnly } = mount;
  return { target, readOnly, source: "source" in mount ? mount.source : undefined };
}

/** Desired state of the health step; `digest` makes it run again after what may have changed its result. */
export function healthSettings(spec: ContainerSpec, tag: string, digest: string): Record<string, unknown> {
  const { command, retries = 3, interval = 5, timeLimit = 30 } = spec.healthCheck ?? {};
  return { ctid: spec.ctid, tag, command, retries, interval, timeLimit, gpu: spec.usesDriver, after: digest };
}

/**
 * Desired state of the power step. Whatever else was done to a container that is to be stopped may have started it,
 * so `after`, a digest of all that, has it looked at again.
 */
export function powerSettings(spec: ContainerSpec, tag: string, after: string): Record<string, unknown> {
  const { ctid, state, shutdownTimeout = 120, network } = spec;
  return {
    ctid,
    tag,
    state,
    shutdownTimeout,
    interface: network.name,
    after: state === "stopped" ? after : undefined,
  };
}
