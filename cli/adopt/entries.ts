/** Entries of the two files for guests that a node has. */
import type { Survey, SurveyedGuest } from "../survey";
import { gigabytes, parseConf, parseList, type GuestConf } from "./conf";
import { containerEntry } from "./container-entry";
import { boot, leftOver, needed, NotExpressible } from "./said";

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
    const made = kind === "lxc" ? containerEntry(guest, conf, survey) : vmEntry(id, conf, running);
    return { kind, id, name, ...made };
  } catch (error) {
    if (error instanceof NotExpressible) return { kind, id, name, why: error.message };
    throw error;
  }
}
