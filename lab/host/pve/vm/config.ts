/** A virtual machine's configuration: its drives, its order of starting, and which of it waits for a stop. */
import type { GuestFile, Section } from "../config/guest-file";
import type { Context } from "../context";
import { PveError } from "../errors";
import { exists, load, save } from "../guest/config";
import { withLock } from "../guest/lock";
import { randomMac } from "../guest/network";
import { isRunning } from "../guest/state";
import { parsePropertyString, printPropertyString } from "../schema/value";
import type { Values } from "../schema/types";
import type { Host } from "../../types";
import { diskFormat, NET_MODELS, netFormat } from "./formats";
import { DISK } from "./options";

export const idOf = (values: Values): number => Number(values["vmid"]);

/** Words of a list parameter. */
export const items = (value: string | number | undefined): string[] =>
  String(value ?? "")
    .split(/[,;\s]+/)
    .filter(Boolean);

/** Runs `work` while holding the machine's lock, which it may have to wait for. */
export const locked = <T>(context: Context, vmid: number, work: () => Promise<T> | T): Promise<T> =>
  withLock(context.host, "qemu", vmid, work, context.warn);

export const loadVm = (host: Host, vmid: number): GuestFile => load(host, "qemu", vmid);

/** Whether it runs; throws what PVE::QemuServer::check_running says of an id without a configuration. */
export function checkRunning(host: Host, vmid: number): boolean {
  if (!exists(host, "qemu", vmid))
    throw new PveError(`unable to find configuration file for VM ${vmid} on node '${host.node}'`);
  return isRunning(host, vmid);
}

/** What holds a drive: a volume, none, or a path of the node. */
export interface Drive {
  key: string;
  values: Values;
  /** Volume id; undefined for `none`, `cdrom` and paths. */
  volid?: string;
  cdrom: boolean;
  cloudinit: boolean;
}

export function parseDrive(host: Host, key: string, text: string): Drive {
  const values = parsePropertyString(diskFormat, text, host.release);
  const file = String(values["file"]);
  const volid = /^[^/]+:./.test(file) ? file : undefined;
  const cloudinit = /(^|[:/])vm-\d+-cloudinit(\.|$)/.test(file);
  return {
    key,
    values,
    ...(volid !== undefined && { volid }),
    cdrom: values["media"] === "cdrom" || file === "cdrom",
    cloudinit: cloudinit && values["media"] === "cdrom",
  };
}

export const printDrive = (values: Values): string => printPropertyString(diskFormat, values);

/** In the order PVE::QemuServer::Drive looks for what to start from. */
const BUSES = ["ide", "scsi", "virtio", "sata", "efidisk", "tpmstate"];
const rank = (key: string): number =>
  BUSES.indexOf(key.replace(/\d+$/, "")) * 100 + Number(/\d+$/.exec(key)?.[0] ?? 0);

/** Every drive of a section; one that cannot be read is left out. */
export function drives(host: Host, section: Section): Drive[] {
  return Object.keys(section.values)
    .filter((key) => DISK.test(key))
    .sort((a, b) => rank(a) - rank(b))
    .flatMap((key) => {
      try {
        return [parseDrive(host, key, section.values[key] ?? "")];
      } catch {
        return [];
      }
    });
}

/** Drives that are disks of their own: no CD-ROMs, nothing empty. */
export const disks = (host: Host, section: Section): (Drive & { volid: string })[] =>
  drives(host, section).filter(
    (drive): drive is Drive & { volid: string } => drive.volid !== undefined && !drive.cdrom,
  );

/** Drives that a copy or a removal of the machine takes along: disks and the cloud-init drive. */
export const ownDrives = (host: Host, section: Section): (Drive & { volid: string })[] =>
  drives(host, section).filter(
    (drive): drive is Drive & { volid: string } =>
      drive.volid !== undefined && (!drive.cdrom || drive.cloudinit),
  );

/** The order of starting of a new machine: its first disk, its first CD-ROM, its first network. */
export function defaultBoot(host: Host, config: GuestFile): string {
  const all = drives(host, config).filter(({ key }) => !/^(efidisk|tpmstate)/.test(key));
  const net = Object.keys(config.values)
    .filter((key) => /^net\d+$/.test(key))
    .sort((a, b) => Number(a.slice(3)) - Number(b.slice(3)))[0];
  const order = [all.find(({ cdrom }) => !cdrom)?.key, all.find(({ cdrom }) => cdrom)?.key, net];
  const known = order.filter((key) => key !== undefined);
  return known.length > 0 ? `order=${known.join(";")}` : "";
}

export function checkBoot(config: Section, boot: string | undefined): void {
  const order = /(?:^|,)order=([^,]*)/.exec(boot ?? "")?.[1];
  for (const device of (order ?? "").split(";").filter(Boolean))
    if (config.values[device] === undefined)
      throw new PveError(`invalid bootorder: device '${device}' does not exist'`);
}

/** A network line's parts. */
export interface Net {
  model: string;
  mac?: string;
  values: Values;
}

export function parseNet(host: Host, text: string): Net {
  const values = parsePropertyString(netFormat, text, host.release);
  const named = NET_MODELS.find((model) => values[model] !== undefined);
  const mac = values["macaddr"] ?? (named === undefined ? undefined : values[named]);
  const rest = Object.fromEntries(
    Object.entries(values).filter(
      ([key]) => key !== "model" && key !== "macaddr" && !NET_MODELS.includes(key),
    ),
  );
  return {
    model: String(values["model"] ?? named ?? "virtio"),
    ...(mac !== undefined && { mac: String(mac) }),
    values: rest,
  };
}

/** As it is stored: `virtio=MAC`, then the rest by name; `fresh` gives it another address. */
export function completeNet(host: Host, text: string, fresh = false): string {
  const { model, mac, values } = parseNet(host, text);
  const rest = Object.keys(values).sort();
  return [
    `${model}=${(fresh ? undefined : mac)?.toUpperCase() ?? randomMac()}`,
    ...rest.map((key) => `${key}=${values[key]}`),
  ].join(",");
}

export const agentEnabled = (config: Section): boolean =>
  /^(1|on|yes|true)(,|$)|(^|,)enabled=(1|on|yes|true)/.test(config.values["agent"] ?? "");

/** An unusedN whose volume is in use again is dropped when the file is written. */
export function saveVm(host: Host, vmid: number, config: GuestFile): void {
  const used = new Set(drives(host, config).map(({ volid }) => volid));
  for (const key of Object.keys(config.values))
    if (/^unused\d+$/.test(key) && used.has(config.values[key])) delete config.values[key];
  save(host, "qemu", vmid, config);
}
