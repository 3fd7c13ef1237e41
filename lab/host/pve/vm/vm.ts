/** Virtual machines: their configuration and disks. They are not run: starting one is refused by name. */
import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import type { Context } from "../context";
import { emptyFile, type GuestFile } from "../config/guest-file";
import { ParameterError, PveError } from "../errors";
import { randomMac } from "../guest/network";
import { checkLock, checkUnused, exists, load, remove, save } from "../guest/config";
import { withLock } from "../guest/lock";
import { sortTags } from "../guest/update";
import { inHost } from "../paths";
import { parsePropertyString, printPropertyString } from "../schema/property-string";
import type { Value, Values } from "../schema/types";
import type { Format } from "../storage/plugin";
import { pluginOf, usableStorage } from "../storage/storages";
import { freeVolume, locate, printSize, volumePath, volumeSize } from "../storage/volumes";
import type { Host } from "../../types";
import { DISK, diskFormat, vmOptions } from "./options";

const GIB = 1024 ** 3;
const NEW_DISK = /^([^:\s]+):(\d+(?:\.\d+)?)$/;
const NOT_OPTIONS = new Set([
  "node",
  "vmid",
  "digest",
  "delete",
  "revert",
  "skiplock",
  "force",
  "start",
  "pool",
  "storage",
  "unique",
]);
const idOf = (values: Values): number => Number(values["vmid"]);
const items = (value: Value | undefined): string[] =>
  String(value ?? "")
    .split(/[,;\s]+/)
    .filter(Boolean);

/** What not even a full token of root@pam may set. */
function checkRoot(context: Context, changes: Record<string, string>, deletes: string[]): void {
  if (context.user === "root@pam") return;
  const touched = new Set([...Object.keys(changes), ...deletes]);
  for (const key of [...touched].sort()) {
    const value = changes[key] ?? "";
    if (key === "args" || key === "hookscript") throw new PveError(`only root can set '${key}' config`);
    if (/^hostpci\d+$/.test(key) && !/mapping=/.test(value))
      throw new PveError(`only root can set '${key}' config for non-mapped devices`);
    if (/^usb\d+$/.test(key) && /host=/.test(value))
      throw new PveError(`only root can set '${key}' config for real devices`);
    if (/^serial\d+$/.test(key) && value.startsWith("/dev/"))
      throw new PveError(`only root can modify '${key}' config for real devices`);
    if (DISK.test(key) && /import-from=\//.test(value))
      throw new PveError("Only root can pass arbitrary filesystem paths.");
  }
}

function completeNet(text: string): string {
  const [head = "", ...rest] = text.split(",");
  const [model = "", mac] = head.replace(/^model=/, "").split("=");
  return [`${model}=${mac ?? randomMac()}`, ...rest.sort()].join(",");
}

/** Makes or looks up the disk of a value; answers the line to store. */
function realizeDisk(
  host: Host,
  vmid: number,
  key: string,
  text: string,
  log: (line: string) => void,
): string {
  const values = parsePropertyString(diskFormat, text, host.release);
  const file = String(values["file"]);
  if (values["import-from"] !== undefined) throw new PveError("the lab does not simulate 'import-from'");
  if (values["media"] === "cdrom" || file === "none") return printPropertyString(diskFormat, values);
  const fresh = NEW_DISK.exec(file);
  if (!fresh) {
    const size = volumeSize(host, file);
    if (size === undefined) throw new PveError(`volume '${file}' does not exist`);
    return printPropertyString(diskFormat, { ...values, size: printSize(size) });
  }
  const storage = usableStorage(host, fresh[1] ?? "");
  if (!storage.content.includes("images"))
    throw new PveError(`storage '${storage.id}' does not support content-type 'images'`);
  const plugin = pluginOf(storage.type);
  plugin.activate(host, storage);
  const bytes = Math.floor(Number(fresh[2]) * GIB);
  const format = (values["format"] ?? "raw") as Format;
  const volid = `${storage.id}:${plugin.alloc(host, storage, vmid, "", format, bytes)}`;
  delete values["format"];
  const line = printPropertyString(diskFormat, { ...values, file: volid, size: printSize(bytes) });
  log(`${key}: successfully created disk '${line}'`);
  return line;
}

/** Throws for a disk that cannot be, before anything is made. */
function checkDisk(host: Host, text: string): void {
  const values = parsePropertyString(diskFormat, text, host.release);
  const file = String(values["file"]);
  if (file === "none" || file === "cdrom" || file.startsWith("/")) return;
  const fresh = NEW_DISK.exec(file);
  if (fresh) return void usableStorage(host, fresh[1] ?? "");
  const { plugin, name } = locate(host, file);
  plugin.parse(name);
}

function checkBoot(config: GuestFile): void {
  const order = /^order=(.*)$/.exec(config.values["boot"] ?? "")?.[1];
  for (const device of (order ?? "").split(";").filter(Boolean))
    if (config.values[device] === undefined)
      throw new PveError(`invalid bootorder: device '${device}' does not exist'`);
}

/** The boot order of a new machine: its first disk, then its networks. */
function defaultBoot(config: GuestFile): string {
  const disks = Object.keys(config.values)
    .filter((key) => DISK.test(key) && !/^(efidisk|tpmstate)/.test(key))
    .sort();
  const nets = Object.keys(config.values)
    .filter((key) => /^net\d+$/.test(key))
    .sort();
  const order = [...disks.slice(0, 1), ...nets];
  return order.length > 0 ? `order=${order.join(";")}` : "";
}

function apply(
  host: Host,
  vmid: number,
  config: GuestFile,
  changes: Record<string, string>,
  log: (line: string) => void,
): void {
  for (const key of Object.keys(changes).sort()) {
    const value = changes[key] ?? "";
    if (key === "description") config.description = value;
    else if (DISK.test(key)) config.values[key] = realizeDisk(host, vmid, key, value, log);
    else if (/^net\d+$/.test(key)) config.values[key] = completeNet(value);
    else if (key === "tags") config.values[key] = sortTags(value);
    else config.values[key] = value;
  }
}

const changesOf = (values: Values): Record<string, string> =>
  Object.fromEntries(
    Object.entries(values)
      .filter(([key]) => !NOT_OPTIONS.has(key))
      .map(([key, value]) => [key, String(value)]),
  );

export async function createVm(context: Context, values: Values): Promise<string> {
  const { host } = context;
  const vmid = idOf(values);
  const changes = changesOf(values);
  try {
    checkUnused(host, vmid);
  } catch (error) {
    throw new PveError(`unable to create VM ${vmid} - ${(error as Error).message}`);
  }
  checkRoot(context, changes, []);
  for (const [key, value] of Object.entries(changes)) if (DISK.test(key)) checkDisk(host, value);
  if (values["start"] === 1) throw new PveError("the lab does not simulate running virtual machines");
  save(host, "qemu", vmid, { ...emptyFile(), values: { lock: "create" } });
  return context.fork("qmcreate", String(vmid), async (log) => {
    try {
      await host.latency("qm create");
      const config = emptyFile();
      apply(host, vmid, config, changes, log);
      config.values["boot"] ??= defaultBoot(config);
      config.values["meta"] = `creation-qemu=10.1.2,ctime=${Math.floor(Date.now() / 1000)}`;
      config.values["smbios1"] ??= `uuid=${randomUUID()}`;
      config.values["vmgenid"] ??= randomUUID();
      checkBoot(config);
      save(host, "qemu", vmid, config);
    } catch (error) {
      remove(host, "qemu", vmid);
      throw new PveError(`unable to create VM ${vmid} - ${(error as Error).message}`);
    }
  });
}

export async function updateVm(context: Context, values: Values): Promise<null> {
  const { host } = context;
  const vmid = idOf(values);
  const changes = changesOf(values);
  const deletes = items(values["delete"]);
  if (Object.keys(changes).length + deletes.length === 0) throw new PveError("no options specified");
  for (const key of deletes)
    if (!vmOptions()[key]) throw new ParameterError({ delete: `unknown option '${key}'` });
  load(host, "qemu", vmid);
  checkRoot(context, changes, deletes);
  await withLock(host, "qemu", vmid, () => {
    const config = load(host, "qemu", vmid);
    if (values["skiplock"] !== 1) checkLock(config, "qemu");
    if (context.cli) {
      const shown = [...Object.keys(changes).sort(), ...(deletes.length > 0 ? ["delete"] : [])];
      const text = shown
        .map((key) => `-${key} ${key === "delete" ? deletes.join(",") : changes[key]}`)
        .join(" ");
      context.print(`update VM ${vmid}: ${text}`);
    }
    for (const key of deletes) {
      const value = key === "description" ? config.description || undefined : config.values[key];
      if (value === undefined) {
        context.warn(`cannot delete '${key}' - not set in current configuration!`);
        continue;
      }
      removeOption(host, config, key, value);
    }
    apply(host, vmid, config, changes, (line) => context.print(line));
    checkBoot(config);
    save(host, "qemu", vmid, config);
  });
  return null;
}

function removeOption(host: Host, config: GuestFile, key: string, value: string): void {
  if (/^unused\d+$/.test(key)) freeVolume(host, value);
  if (DISK.test(key)) {
    const file = String(parsePropertyString(diskFormat, value, host.release)["file"]);
    if (file.includes(":")) {
      let n = 0;
      while (config.values[`unused${n}`] !== undefined) n++;
      config.values[`unused${n}`] = file;
    }
  }
  if (key === "description") config.description = "";
  else delete config.values[key];
}

export async function destroyVm(context: Context, values: Values): Promise<string> {
  const { host } = context;
  const vmid = idOf(values);
  const config = load(host, "qemu", vmid);
  if (config.values["protection"] === "1")
    throw new PveError(`can't remove VM ${vmid} - protection mode enabled`);
  if (values["skiplock"] !== 1) checkLock(config, "qemu");
  return context.fork("qmdestroy", String(vmid), async () => {
    await host.latency("qm destroy");
    for (const [key, value] of Object.entries(config.values)) {
      const file = DISK.test(key)
        ? String(parsePropertyString(diskFormat, value, host.release)["file"])
        : /^unused\d+$/.test(key)
          ? value
          : "";
      if (!file.includes(":")) continue;
      const { plugin, name } = locate(host, file);
      if (plugin.parse(name).vmid === vmid && existsSync(inHost(host, volumePath(host, file))))
        freeVolume(host, file);
    }
    remove(host, "qemu", vmid);
  });
}

export interface VmStatus {
  vmid: number;
  name: string;
  status: "stopped";
  qmpstatus: "stopped";
  maxmem: number;
  cpus: number;
  uptime: 0;
  lock?: string;
  tags?: string;
  template?: 1;
}

export function vmStatus(host: Host, vmid: number): VmStatus {
  const {
    name,
    memory = "512",
    cores = "1",
    sockets = "1",
    lock,
    tags,
    template,
  } = load(host, "qemu", vmid).values;
  return {
    vmid,
    name: name ?? `VM ${vmid}`,
    status: "stopped",
    qmpstatus: "stopped",
    maxmem: Number(memory) * 1024 ** 2,
    cpus: Number(cores) * Number(sockets),
    uptime: 0,
    ...(lock !== undefined && { lock }),
    ...(tags !== undefined && { tags }),
    ...(template === "1" && { template: 1 as const }),
  };
}

/** Starting, stopping and the rest are not simulated: a VM that exists says so. */
export function refuseVm(host: Host, vmid: number, what: string): never {
  if (!exists(host, "qemu", vmid)) load(host, "qemu", vmid);
  throw new PveError(`the lab does not simulate ${what} of virtual machines`);
}
