/** A container's configuration in Proxmox VE. */
import type { ContainerOptions } from "../../../config/container-options";
import type { DeviceSpec } from "../../../config/devices";
import type { ContainerSpec } from "../../../config/model";
import type { Card } from "../../../config/networks";
import { roomScripts } from "../../../plan/room";
import type { StepBody } from "../../../plan/step";
import { description, startup } from "../../guest/texts";
import type { OfContainer } from "../of-container";
import { osType } from "../os-type";

export interface Settings extends OfContainer {
  /** What it was made from, to be compared with what is there; absent for a clone. */
  madeFrom?: {
    /** Volume of the template. */
    template: string;
    /** Proxmox VE's `ostype`. */
    osType: string;
    /** Storage of the root disk. */
    storage: string;
    /** Whether root inside is nobody on the node. */
    unprivileged: boolean;
  };
  /** Least size of the root disk, GiB: it only grows. */
  diskGb: number;
  /** Options of the root disk as pct.conf(5) has them, such as `acl=1`; absent for none of the entry's. */
  rootfs?: string;
  /** Raw lines of its configuration, `lxc.key: value`, in their order. */
  rawLines: string[];
  /** Indices, PCI addresses or UUIDs of its GPUs; absent for none. */
  gpus?: string[];
  /** Ids of the host that an own map uses, `first:count` as /etc/subuid has them; absent for none. */
  hostIds?: { users: string[]; groups: string[] };
  /** Whether its entry keeps it from being deleted; absent for no. */
  protect?: true;
  /** Tags of its entry; absent for none. */
  tags?: string[];
  /** Options of pct.conf(5), sizes in MiB; absent ones are as Proxmox VE has them by itself, or as somebody else set them. */
  values: ContainerOptions & {
    cores: number;
    description: string;
    features?: string;
    hostname: string;
    memory: number;
    onboot: 0 | 1;
    startup?: string;
    swap: number;
  };
  /** Its network card: keys of pct.conf(5); absent ones stay as they are. */
  net0: Card & { ip: string };
  /** Cards beside it, known by their names; absent for none. */
  networks?: Card[];
  /** Devices of the host by their paths, with options of pct.conf(5); absent for none. */
  devices?: DeviceSpec[];
}

export const configureStep = (spec: ContainerSpec, tag: string, stack: string): StepBody<Settings> => {
  const { remove, ...scripts } = roomScripts(__dirname);
  return {
    ...scripts,
    settings: configureSettings(spec, tag, stack),
    // A clone is deleted by its own script, which checks the owner; the provider does not.
    ...(!spec.cloneFrom && { remove }),
  };
};

function configureSettings(spec: ContainerSpec, tag: string, stack: string): Settings {
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
    rootfs: spec.rootOptions,
    rawLines: spec.rawLines,
    gpus: spec.gpus.length > 0 ? spec.gpus : undefined,
    hostIds: hostIds(spec),
    protect: spec.protect,
    tags: spec.tags,
    values: {
      ...spec.options,
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
      ...network.more,
    },
    networks: spec.cards,
    devices: spec.devices,
  };
}

/** `nesting=1,keyctl=1`, sorted. */
export function features({ pctFeatures }: ContainerSpec): string | undefined {
  const pairs = Object.entries(pctFeatures).map(([key, value]) => `${key}=${value}`);
  return pairs.length > 0 ? pairs.sort().join(",") : undefined;
}

function hostIds({ ownIds }: ContainerSpec): Settings["hostIds"] {
  if (ownIds === undefined) return undefined;
  const own = (kind: "users" | "groups") => ownIds[kind].map(({ host, count }) => `${host}:${count}`);
  return { users: own("users"), groups: own("groups") };
}
