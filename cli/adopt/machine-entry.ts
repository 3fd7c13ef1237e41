/** The entry of a virtual machine that a node has. */
import { boot, leftOver, needed, NotExpressible } from "./said";
import { gigabytes, parseList, type GuestConf } from "./conf";
import { cards, cloudInit, dataDisks, devices, options, type Part, storageOf } from "./machine-parts";

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
  return { key, storage: storageOf(disk), size };
}

export interface MachineEntry {
  entry: Record<string, unknown>;
  left: string[];
}

export function vmEntry(id: number, conf: GuestConf, running: boolean): MachineEntry {
  if (conf.values.get("template") === "1") throw new NotExpressible("it is a template");
  const disk = bootDisk(conf);
  const parts: Part[] = [options, cards, cloudInit, devices, dataDisks(disk.key)].map((part) => part(conf));
  const machine = conf.values.get("machine");
  const order = parseList(conf.values.get("boot") ?? "").get("order");
  const { said, entry } = boot(conf);
  const known = [
    ...["agent", "bios", "boot", "cores", "memory", "machine", "name", "net0", "vmgenid", "smbios1", "meta"],
    ...["protection", disk.key, ...parts.flatMap((part) => part.said), ...said],
  ];
  return {
    entry: {
      name: needed(conf, "name"),
      vmid: id,
      ...(conf.description && { description: conf.description }),
      template: "debian-13",
      memory_mb: Number(conf.values.get("memory") ?? "512"),
      cores: Number(conf.values.get("cores") ?? "1"),
      storage_pool: disk.storage,
      disk_size_gb: disk.size,
      machine: machine?.includes("q35") ? "q35" : "i440fx",
      uefi: conf.values.get("bios") === "ovmf",
      ...(order !== undefined && { boot_devices: order.split(";").filter(Boolean) }),
      agent: /^(1|enabled=1)(,|$)/.test(conf.values.get("agent") ?? ""),
      state: running ? "running" : "stopped",
      ...entry,
      ...(conf.values.get("protection") === "1" && { protect: true }),
      ...parts.reduce<Record<string, unknown>>((all, part) => ({ ...all, ...part.entry }), {}),
    },
    left: [
      "which image it was made from (debian-13 is named)",
      ...parts.flatMap((part) => part.left),
      ...leftOver(conf, known),
    ],
  };
}
