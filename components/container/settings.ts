import type { ContainerSpec } from "../../config";

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

/**
 * The tag by which a stack knows its own guests on a node. Proxmox VE allows `[a-z0-9_][a-z0-9_+.-]*`.
 */
export function stackTag(stack: string): string {
  return `phoenix-${stack.toLowerCase().replace(/[^a-z0-9_+.-]/g, "-")}`;
}

/** What stands in the notes of a guest in Proxmox VE's interface; ends with a newline, as stored there. */
export function description(spec: ContainerSpec, stack: string): string {
  const own = `Managed by Phoenix, stack ${stack}. Changes by hand are undone by the next run.\n`;
  return spec.description === undefined ? own : `${spec.description}\n\n${own}`;
}

/** `order=1,up=5,down=5`: boot_order, then boot_delay seconds after starting and stopping it. */
function startup(spec: ContainerSpec): string | undefined {
  const parts = [
    spec.bootOrder !== undefined && `order=${spec.bootOrder}`,
    spec.bootDelay !== undefined && `up=${spec.bootDelay},down=${spec.bootDelay}`,
  ].filter(Boolean);
  return parts.length > 0 ? parts.join(",") : undefined;
}

/** `nesting=1,keyctl=1`, sorted. */
function features(spec: ContainerSpec): string | undefined {
  const pairs = Object.entries(spec.pctFeatures).map(([key, value]) => `${key}=${value}`);
  return pairs.length > 0 ? pairs.sort().join(",") : undefined;
}

/** Desired state of the configure step (scripts/configure.sh says the shape). */
export function configureSettings(spec: ContainerSpec, tag: string, stack: string): Record<string, unknown> {
  const { network } = spec;
  return {
    ctid: spec.ctid,
    tag,
    diskGb: spec.diskGb,
    rawLines: spec.rawLines,
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
    },
  };
}

/**
 * Desired state of the start step. What takes effect only at a start is among its inputs, so that the
 * preview names the restart as a change of its own.
 */
export function startSettings(spec: ContainerSpec, tag: string): Record<string, unknown> {
  return {
    ctid: spec.ctid,
    tag,
    restartWhenChanged: { features: features(spec), rawLines: spec.rawLines },
  };
}
