import type { Wire, WireMap } from "../../shared/wire";
import { bit, block, blocks, flag, joinProperties, number, parseProperties, text, toNumber } from "../values";

/** A disk line of a configuration, by its options; `file` is the volume. */
export type DiskLine = Record<string, string>;

export const storageInterface = /^(ide|sata|scsi|virtio)\d+$/;

/** Options in the order the provider writes them, and the speed block's names for them. */
const speedOptions: [option: string, property: string][] = [
  ["iops_rd", "iopsRead"],
  ["iops_wr", "iopsWrite"],
  ["iops_rd_max", "iopsReadBurstable"],
  ["iops_wr_max", "iopsWriteBurstable"],
  ["mbps_rd_max", "readBurstable"],
  ["mbps_wr_max", "writeBurstable"],
  ["mbps_rd", "read"],
  ["mbps_wr", "write"],
];
const order =
  "file,import-from,format,media,size,aio,backup,iops_rd,iops_wr,iops_rd_max,iops_wr_max,iothread,queues,serial," +
  "ssd,discard,cache,mbps_rd_max,mbps_wr_max,mbps_rd,mbps_wr,replicate";

export function printDisk(line: DiskLine): string {
  return joinProperties(order.split(",").map((key) => [key, line[key]]));
}

/** The disks of a configuration by interface, cdroms and cloud-init drives among them. */
export function configuredDisks(config: Record<string, unknown>): Map<string, DiskLine> {
  const found = Object.entries(config).filter(
    (entry): entry is [string, string] => storageInterface.test(entry[0]) && typeof entry[1] === "string",
  );
  return new Map(found.map(([key, line]) => [key, parseProperties(line, "file")]));
}

/** One drive of a configuration by its options. */
export function drive(config: Record<string, unknown>, at: string): DiskLine | undefined {
  const line = config[at];
  return typeof line === "string" ? parseProperties(line, "file") : undefined;
}

/** Storage of a volume; "" for a path on the node. */
export function storageOf(line: DiskLine): string {
  const volume = line["file"] ?? "";
  return volume.includes(":") ? (volume.split(":")[0] ?? "") : "";
}

export function isCloudInit(line: DiskLine, vmid: number): boolean {
  return (line["file"] ?? "").includes(`vm-${vmid}-cloudinit`);
}

/** Volumes named after the machine are its own: `vm-402-…` or `402/vm-402-…`. */
export function isOwn(volume: string, vmid: number): boolean {
  const path = volume.slice(volume.indexOf(":") + 1);
  return path.startsWith(`vm-${vmid}-`) || path.startsWith(`${vmid}/vm-${vmid}-`);
}

/** The disks of a plan by interface. A creation allocates what has no path yet. */
export function plannedDisks(planned: WireMap): Map<string, DiskLine> {
  return new Map(blocks(planned, "disks").map((disk) => [text(disk, "interface"), lineOf(disk)]));
}

function lineOf(disk: WireMap): DiskLine {
  const at = text(disk, "interface");
  if (!storageInterface.test(at))
    throw new Error(
      `Defined disk interface not supported. Interface was ${at}, but only [ide sata scsi virtio] are supported`,
    );
  const [datastore, path, imported] = [
    text(disk, "datastoreId"),
    text(disk, "pathInDatastore"),
    text(disk, "importFrom"),
  ];
  const queues = number(disk, "queues");
  if (queues > 0 && !at.startsWith("scsi"))
    throw new Error(`disk queues are only supported for SCSI disks, but disk interface was ${at}`);
  const volume =
    path === "" ? `${datastore}:${number(disk, "size")}` : datastore ? `${datastore}:${path}` : path;
  const line: Record<string, string | undefined> = {
    // What has been imported once has a path.
    file: imported === "" || path !== "" ? volume : `${datastore}:0`,
    "import-from": imported || undefined,
    format: text(disk, "fileFormat") || undefined,
    size: String(number(disk, "size") * 2 ** 30),
    aio: text(disk, "aio"),
    backup: String(bit(flag(disk, "backup"))),
    iothread: /^(sata|ide)/.test(at) ? undefined : String(bit(flag(disk, "iothread"))),
    queues: queues > 0 ? String(queues) : undefined,
    serial: text(disk, "serial") || undefined,
    ssd: at.startsWith("virtio") ? undefined : String(bit(flag(disk, "ssd"))),
    discard: text(disk, "discard") || undefined,
    cache: text(disk, "cache") || undefined,
    replicate: String(bit(flag(disk, "replicate"))),
  };
  const speed = block(disk, "speed") ?? {};
  for (const [option, property] of speedOptions)
    if (number(speed, property) > 0) line[option] = String(number(speed, property));
  return Object.fromEntries(
    Object.entries(line).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

/** Bytes of `8G`, `512M` or a plain number. */
export function bytesOf(size: string): number {
  const [, amount = "0", unit = ""] = /^([0-9.]+)([KMGT]?)/i.exec(size) ?? [];
  return Math.ceil(
    Number(amount) * { "": 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 }[unit.toUpperCase() as "K"],
  );
}

/** A configured disk as a state shows it. @param format Of a volume without an extension. */
export function diskState(at: string, line: DiskLine, format: string, before: WireMap): WireMap {
  const volume = line["file"] ?? "";
  const colon = volume.indexOf(":");
  const size = Math.floor(bytesOf(line["size"] ?? "0") / 2 ** 30);
  const on = (key: string, otherwise: boolean): boolean =>
    line[key] === undefined ? otherwise : line[key] === "1";
  const limits = speedOptions.map(([option, property]): [string, Wire] => [
    property,
    toNumber(line[option]) ?? 0,
  ]);
  const isLimited = speedOptions.some(([option]) => line[option] !== undefined);
  return {
    aio: line["aio"] ?? "io_uring",
    backup: on("backup", true),
    cache: line["cache"] ?? "none",
    datastoreId: colon === -1 ? "" : volume.slice(0, colon),
    discard: line["discard"] ?? "ignore",
    fileFormat: format,
    fileId: text(before, "fileId"),
    importFrom: text(before, "importFrom"),
    interface: at,
    iothread: on("iothread", false),
    pathInDatastore: volume.slice(colon + 1),
    queues: toNumber(line["queues"]) ?? 0,
    replicate: on("replicate", true),
    serial: line["serial"] ?? "",
    // A volume made from an image may have no size in the configuration.
    size: size === 0 ? number(before, "size") : size,
    speed: isLimited ? Object.fromEntries(limits) : null,
    ssd: on("ssd", false),
  };
}
