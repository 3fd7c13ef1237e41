/** Entries of the two files for guests that a node has. */
import type { Survey, SurveyedGuest } from "../survey";
import { gigabytes, parseConf, parseList, startup, type GuestConf } from "./conf";

export interface Adoptable {
  kind: "lxc" | "qemu";
  id: number;
  name: string;
  /** What the file gets. */
  entry: Record<string, unknown>;
  /** Values that no entry can express; they stay as they are. */
  left: string[];
}

/** Why a guest cannot be adopted. */
export interface Refused {
  kind: "lxc" | "qemu";
  id: number;
  name: string;
  why: string;
}

class NotExpressible extends Error {}

function needed(conf: GuestConf, key: string): string {
  const value = conf.values.get(key);
  if (value === undefined) throw new NotExpressible(`it has no ${key}`);
  return value;
}

/** Keys that are reported with their values as not expressed in the entry. */
function leftOver(conf: GuestConf, said: readonly string[]): string[] {
  const keys = [...conf.values]
    .filter(([key]) => !said.includes(key))
    .map(([key, value]) => `${key}: ${value}`);
  return [
    ...keys,
    ...(conf.snapshots.length > 0 ? [`snapshots ${conf.snapshots.join(", ")}`] : []),
    ...(conf.pending ? ["changes that wait for a restart"] : []),
  ];
}

/** onboot and startup; both are keys of either kind of guest. */
function boot(conf: GuestConf): { said: string[]; entry: Record<string, unknown> } {
  const text = conf.values.get("startup");
  const order = text === undefined ? {} : startup(text);
  return {
    said: ["onboot", ...(order === undefined ? [] : ["startup"])],
    entry: { start_at_boot: conf.values.get("onboot") === "1", ...order },
  };
}

/** The template that a container of this kind may have been made from: the node does not record which. */
function templateFor(ostype: string, { templates, storages }: Survey): { template: string; guess: string } {
  const found = templates
    .filter((volid) => volid.includes(`vztmpl/${ostype}-`))
    .sort()
    .at(-1);
  if (found !== undefined)
    return { template: found, guess: `which template it was made from (${found} is named)` };
  const storage = storages.find(({ content }) => content.includes("vztmpl"))?.id ?? "local";
  const template = `${storage}:vztmpl/${ostype}-unknown.tar.zst`;
  return {
    template,
    guess: `which template it was made from (${template}, which is not there, stands for it)`,
  };
}

function containerEntry(
  conf: GuestConf,
  running: boolean,
  survey: Survey,
): Omit<Adoptable, "kind" | "id" | "name"> {
  if (conf.values.get("template") === "1") throw new NotExpressible("it is a template");
  const root = parseList(needed(conf, "rootfs"));
  const net = parseList(needed(conf, "net0"));
  const size = gigabytes(root.get("size"));
  if (size === undefined)
    throw new NotExpressible(`its root disk has ${root.get("size") ?? "no size"}, not whole GB`);
  const ip = net.get("ip");
  const gw = net.get("gw");
  if (ip === undefined || ip === "dhcp" || gw === undefined) {
    throw new NotExpressible(`net0 has no fixed IPv4 address and gateway (${conf.values.get("net0")})`);
  }
  const { template, guess } = templateFor(conf.values.get("ostype") ?? "unmanaged", survey);
  const features = conf.values.get("features")?.split(",") ?? [];
  const { said, entry } = boot(conf);
  const known = [
    "arch",
    "cores",
    "features",
    "hostname",
    "memory",
    "net0",
    "ostype",
    "rootfs",
    "swap",
    "unprivileged",
  ];
  const netLeft = [...net].filter(([key]) => !["name", "bridge", "ip", "gw", "hwaddr", "type"].includes(key));
  const rootLeft = [...root].filter(([key]) => !["", "volume", "size"].includes(key));
  return {
    entry: {
      name: needed(conf, "hostname"),
      ...(conf.description && { description: conf.description }),
      template,
      memory_mb: Number(needed(conf, "memory")),
      swap_mb: Number(conf.values.get("swap") ?? "512"),
      cores: Number(needed(conf, "cores")),
      storage_pool: (root.get("") ?? root.get("volume") ?? "").split(":")[0],
      storage_size_gb: size,
      network_config: { name: net.get("name"), bridge: net.get("bridge"), ip, gw },
      ...(net.has("hwaddr") && { mac_address: net.get("hwaddr") }),
      unprivileged: conf.values.get("unprivileged") === "1",
      ...(running ? {} : { state: "stopped" }),
      ...entry,
      ...(conf.values.get("protection") === "1" && { protect: true }),
      ...(features.length > 0 && { pct_options: features }),
      ...(conf.raw.length > 0 && { lxc_options: conf.raw }),
    },
    left: [
      guess,
      ...netLeft.map(([key, value]) => `net0 ${key}=${value}`),
      ...rootLeft.map(([key, value]) => `rootfs ${key}=${value}`),
      ...leftOver(conf, [...known, ...said, "protection"]),
    ],
  };
}

/** The disk that it starts from, as `storage:volume,size=32G`. */
function bootDisk(conf: GuestConf): { key: string; storage: string; size: number } {
  const order =
    parseList(conf.values.get("boot") ?? "")
      .get("order")
      ?.split(";") ?? [];
  const key = [...order, "scsi0", "virtio0", "sata0", "ide0"].find((one) => {
    const value = conf.values.get(one);
    return /^(scsi|virtio|sata|ide)/.test(one) && value !== undefined && !value.includes("media=cdrom");
  });
  const disk = parseList(key === undefined ? "" : needed(conf, key));
  const size = gigabytes(disk.get("size"));
  if (key === undefined || size === undefined)
    throw new NotExpressible("it has no disk of whole GB to start from");
  return { key, storage: (disk.get("") ?? disk.get("file") ?? "").split(":")[0] ?? "", size };
}

function vmEntry(id: number, conf: GuestConf, running: boolean): Omit<Adoptable, "kind" | "id" | "name"> {
  if (conf.values.get("template") === "1") throw new NotExpressible("it is a template");
  const disk = bootDisk(conf);
  const net = parseList(needed(conf, "net0"));
  const mac = net.get("virtio");
  if (mac === undefined) throw new NotExpressible("net0 is no virtio card");
  const machine = conf.values.get("machine");
  const order = parseList(conf.values.get("boot") ?? "").get("order");
  const sockets = Number(conf.values.get("sockets") ?? "1");
  const { said, entry } = boot(conf);
  const known = [
    ...[
      "agent",
      "bios",
      "boot",
      "cores",
      "memory",
      "machine",
      "name",
      "net0",
      "sockets",
      "vmgenid",
      "smbios1",
    ],
    ...["meta", "protection", disk.key],
  ];
  return {
    entry: {
      name: needed(conf, "name"),
      vmid: id,
      ...(conf.description && { description: conf.description }),
      template: "debian-13",
      memory_mb: Number(conf.values.get("memory") ?? "512"),
      cores: Number(conf.values.get("cores") ?? "1") * sockets,
      storage_pool: disk.storage,
      disk_size_gb: disk.size,
      network_bridge: net.get("bridge"),
      ...(net.has("tag") && { vlan: Number(net.get("tag")) }),
      mac_address: mac,
      machine: machine?.includes("q35") ? "q35" : "i440fx",
      uefi: conf.values.get("bios") === "ovmf",
      ...(order !== undefined && { boot_devices: order.split(";").filter(Boolean) }),
      agent: /^(1|enabled=1)(,|$)/.test(conf.values.get("agent") ?? ""),
      state: running ? "running" : "stopped",
      ...entry,
      ...(conf.values.get("protection") === "1" && { protect: true }),
    },
    left: [
      "which image it was made from (debian-13 is named)",
      ...(sockets > 1 ? [`sockets: ${sockets} (${sockets} times its cores are named)`] : []),
      ...leftOver(conf, [...known, ...said]),
    ],
  };
}

/** The entry of a guest, or why it can have none. */
export function entryOf(guest: SurveyedGuest, survey: Survey): Adoptable | Refused {
  const { kind, id, running } = guest;
  const conf = parseConf(guest.conf);
  const name = conf.values.get("hostname") ?? conf.values.get("name") ?? "";
  try {
    const made = kind === "lxc" ? containerEntry(conf, running, survey) : vmEntry(id, conf, running);
    return { kind, id, name, ...made };
  } catch (error) {
    if (error instanceof NotExpressible) return { kind, id, name, why: error.message };
    throw error;
  }
}
