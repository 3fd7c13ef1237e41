/** `qm clone` and POST …/clone; move of a disk to another storage. */
import { randomUUID } from "node:crypto";
import type { Context } from "../context";
import { copySection, emptyFile, type GuestFile, type Section } from "../config/guest-file";
import { checkPool, joinPool } from "../access/pools";
import { messageOf, ParameterError, PveError } from "../errors";
import { addUnused, checkLock, exists, isTemplate, remove, save } from "../guest/config";
import { withLock } from "../guest/lock";
import { isRunning } from "../guest/state";
import type { Values } from "../schema/types";
import { copyTree } from "../storage/dirImages";
import { usableStorage } from "../storage/storages";
import { freeVolume, locate, printSize, volumeContents, volumeHas, volumeSize } from "../storage/volumes";
import type { Host } from "../../types";
import { checkRunning, completeNet, idOf, loadVm, ownDrives, parseDrive, printDrive, saveVm } from "./config";
import { allocDisk, CLOUDINIT_SIZE } from "./disks";

type Log = (line: string) => void;

interface Copy {
  key: string;
  volid: string;
  values: Values;
  cloudinit: boolean;
  full: boolean;
}

interface Plan {
  newid: number;
  snapshot: string | undefined;
  storage: string | undefined;
  format: string | undefined;
  source: Section;
  copies: Copy[];
}

const text = (values: Values, key: string): string | undefined =>
  values[key] === undefined ? undefined : String(values[key]);

function plan(host: Host, vmid: number, values: Values): Plan {
  const config = loadVm(host, vmid);
  checkLock(config, "qemu");
  const snapshot = text(values, "snapname");
  const source = snapshot === undefined ? config : config.snapshots[snapshot];
  if (!source) throw new PveError(`snapshot '${snapshot}' does not exist`);
  const full = values["full"] === undefined ? !isTemplate(config) : values["full"] === 1;
  const [storage, format] = [text(values, "storage"), text(values, "format")];
  if (storage !== undefined && !usableStorage(host, storage).content.includes("images"))
    throw new ParameterError({ storage: `storage '${storage}' does not support vm images` });
  for (const [key, value] of Object.entries({ storage, format }))
    if (value !== undefined && !full) throw new PveError(`parameter '${key}' not allowed for linked clones`);
  const newid = Number(values["newid"]);
  for (const kind of ["qemu", "lxc"] as const)
    if (exists(host, kind, newid))
      throw new PveError(`unable to create VM ${newid}: config file already exists`);
  const sorted = ownDrives(host, source).sort((a, b) => (a.key < b.key ? -1 : 1));
  const copies = sorted.map(({ key, volid, values: drive, cloudinit }): Copy => {
    const whole = full || cloudinit || key === "tpmstate0";
    const of = snapshot === undefined ? "" : " a snapshot of";
    const option = { ...(snapshot !== undefined && !cloudinit && { snapshot }) };
    if (!volumeHas(host, volid, whole ? "copy" : "clone", option))
      throw new PveError(
        `${whole ? "Full" : "Linked"} clone feature is not supported for${of} '${volid}' (${key})`,
      );
    return { key, volid, values: drive, cloudinit, full: whole };
  });
  return { newid, snapshot, storage, format, source, copies };
}

/** The new configuration, without its own drives. */
function cloneConfig(host: Host, vmid: number, { source, copies }: Plan, values: Values): GuestFile {
  const config = { ...emptyFile(), ...copySection(source) };
  for (const key of ["template", "lock", "parent", "snaptime", "snapstate"]) delete config.values[key];
  for (const [key, value] of Object.entries(config.values)) {
    if (/^unused\d+$/.test(key)) delete config.values[key];
    if (/^net\d+$/.test(key)) config.values[key] = completeNet(host, value, true);
  }
  for (const { key } of copies) delete config.values[key];
  const smbios = (config.values["smbios1"] ?? "").replace(/(^|,)uuid=[^,]*/, "").replace(/^,/, "");
  config.values["smbios1"] = `uuid=${randomUUID()}${smbios === "" ? "" : `,${smbios}`}`;
  if (config.values["vmgenid"] !== undefined) config.values["vmgenid"] = randomUUID();
  config.values["name"] = text(values, "name") ?? `Copy-of-VM-${source.values["name"] ?? vmid}`;
  if (values["description"] !== undefined) config.description = String(values["description"]);
  return config;
}

/** Copies or links one drive; answers the new volume. */
async function copyDrive(
  host: Host,
  vmid: number,
  copy: Copy,
  target: { storage?: string | undefined; format?: string | undefined; snapshot?: string | undefined },
  log: Log,
): Promise<string> {
  const { plugin, storage, name } = locate(host, copy.volid);
  log(`create ${copy.full ? "full" : "linked"} clone of drive ${copy.key} (${copy.volid})`);
  await host.latency(copy.full ? "qm clone" : "qm clone linked");
  if (!copy.full) {
    const made = plugin.link(host, storage, name, vmid);
    if (storage.values["path"] !== undefined) {
      const file = made.slice(made.lastIndexOf("/") + 1);
      log(`clone ${name}: images, ${file}, ${vmid} to ${file} (base=../${name})`);
    }
    return `${storage.id}:${made}`;
  }
  const where = target.storage ?? storage.id;
  const format = target.format ?? plugin.parse(name).format;
  const size = copy.cloudinit ? CLOUDINIT_SIZE : (volumeSize(host, copy.volid) ?? 0);
  const volid = allocDisk(host, where, vmid, size, {
    format,
    ...(copy.cloudinit && { name: `vm-${vmid}-cloudinit` }),
  });
  if (host.release === 9) log(`allocated target volume '${volid}'`);
  try {
    if (!copy.cloudinit)
      copyTree(`${volumeContents(host, copy.volid, target.snapshot)}/.`, volumeContents(host, volid));
  } catch (error) {
    freeVolume(host, volid);
    throw error;
  }
  return volid;
}

/** Copies a machine, or one of its snapshots, in a task. */
export async function cloneVm(context: Context, values: Values): Promise<string> {
  const { host } = context;
  const vmid = idOf(values);
  checkPool(host, values);
  if (values["target"] !== undefined && values["target"] !== host.node)
    throw new PveError(`no such cluster node '${values["target"]}'`);
  checkRunning(host, vmid);
  const made = plan(host, vmid, values);
  const config = cloneConfig(host, vmid, made, values);
  save(host, "qemu", made.newid, { ...emptyFile(), values: { lock: "clone" } });
  return context.fork("qmclone", String(vmid), async (log) => {
    const volumes: string[] = [];
    try {
      if (host.release === 9) log(`creating a clone of VM ${vmid} with ID ${made.newid}`);
      for (const copy of made.copies) {
        const volid = await copyDrive(host, made.newid, copy, made, log);
        volumes.push(volid);
        const drive: Values = { ...copy.values, file: volid };
        if (!copy.cloudinit) drive["size"] = printSize(volumeSize(host, volid) ?? 0);
        config.values[copy.key] = printDrive(drive);
        // It has its source's settings from the first drive on, tags among them, and is locked until the last.
        saveVm(host, made.newid, { ...config, values: { ...config.values, lock: "clone" } });
      }
      saveVm(host, made.newid, config);
      joinPool(host, made.newid, values);
    } catch (error) {
      for (const volid of volumes.reverse()) freeVolume(host, volid);
      remove(host, "qemu", made.newid);
      throw new PveError(`clone failed: ${messageOf(error)}`);
    }
  });
}

/** `qm disk move`: a disk's copy on another storage takes its place; the old one stays as unusedN or is freed. */
export async function moveDisk(context: Context, values: Values): Promise<string> {
  const { host } = context;
  const vmid = idOf(values);
  const key = String(values["disk"]);
  if (values["target-vmid"] !== undefined)
    throw new PveError("the lab does not simulate moving disks to another virtual machine");
  const storage = text(values, "storage");
  if (storage === undefined) throw new ParameterError({ storage: "missing required parameter" });
  const find = () => {
    const config = loadVm(host, vmid);
    checkLock(config, "qemu");
    const line = config.values[key];
    if (line === undefined) throw new PveError(`disk '${key}' does not exist`);
    const drive = parseDrive(host, key, line);
    if (drive.volid === undefined) throw new PveError(`disk '${key}' has no associated volume`);
    if (drive.cdrom && !drive.cloudinit) throw new PveError("you can't move a cdrom");
    const from = locate(host, drive.volid);
    const format = text(values, "format");
    if (
      from.storage.id === storage &&
      (format ?? from.plugin.parse(from.name).format) === from.plugin.parse(from.name).format
    )
      throw new PveError("you can't move to the same storage with same format");
    return { config, drive: { ...drive, volid: drive.volid }, format };
  };
  find();
  return context.fork("qmmove", String(vmid), (log) =>
    withLock(host, "qemu", vmid, async () => {
      const { config, drive, format } = find();
      if (isRunning(host, vmid))
        throw new PveError(
          "storage migration failed: the lab does not simulate moving a running machine's disk",
        );
      const copy = { key, volid: drive.volid, values: drive.values, cloudinit: drive.cloudinit, full: true };
      const volid = await copyDrive(host, vmid, copy, { storage, format }, log);
      config.values[key] = printDrive({ ...drive.values, file: volid });
      if (values["delete"] === 1) freeVolume(host, drive.volid);
      else addUnused(config, drive.volid);
      saveVm(host, vmid, config);
    }),
  );
}
