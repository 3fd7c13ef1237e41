/** Changes of a virtual machine: at once where it is stopped or the change can be made live, else at its next stop. */
import type { GuestFile, Section } from "../config/guest-file";
import { PveError } from "../errors";
import { addUnused } from "../guest/config";
import { pendingDeletes, setPendingDeletes } from "../guest/pending";
import { freeVolume } from "../storage/volumes";
import type { Host } from "../../types";
import { drives, parseDrive } from "./config";
import { isOwn } from "./disks";
import { DISK } from "./options";

export { cleanPending, get, pendingDeletes, setPendingDeletes } from "../guest/pending";

/**
 * Options that a running machine takes at once (PVE::QemuServer::vmconfig_hotplug_pending, with the default of
 * `hotplug`: network, disk, usb).
 */
const AT_ONCE =
  /^(description|hookscript|lock|migrate_downtime|migrate_speed|name|onboot|protection|shares|startup|tags|vmstatestorage|cpulimit|cpuunits|net\d+|scsi\d+|virtio\d+|usb\d+|unused\d+|hotplug)$/;

function put(section: Section, key: string, value: string | undefined): void {
  if (key === "description") section.description = value ?? "";
  else if (value === undefined) delete section.values[key];
  else section.values[key] = value;
}

/** What becomes of the volume of a drive that is no longer attached. */
export function detach(host: Host, vmid: number, config: GuestFile, key: string): void {
  const text = config.values[key];
  if (text === undefined) return;
  const drive = parseDrive(host, key, text);
  if (drive.volid === undefined || !isOwn(host, vmid, drive.volid)) return;
  if (drive.cloudinit) freeVolume(host, drive.volid);
  else if (!drive.cdrom) addUnused(config, drive.volid);
}

function applyDelete(host: Host, vmid: number, config: GuestFile, key: string): void {
  if (DISK.test(key)) detach(host, vmid, config, key);
  const volid = config.values[key];
  if (/^unused\d+$/.test(key) && volid !== undefined) {
    const used = [config, ...Object.values(config.snapshots)].some((section) =>
      drives(host, section).some((drive) => drive.volid === volid),
    );
    if (!used && isOwn(host, vmid, volid)) freeVolume(host, volid);
  }
  put(config, key, undefined);
}

function applySet(host: Host, vmid: number, config: GuestFile, key: string, value: string): void {
  const old = config.values[key];
  if (DISK.test(key) && old !== undefined) {
    const [before, after] = [parseDrive(host, key, old), parseDrive(host, key, value)];
    if (before.volid !== after.volid) detach(host, vmid, config, key);
  }
  put(config, key, value);
}

/** Properties of a disk that a running machine cannot change (PVE::QemuServer::vmconfig_update_disk). */
const COLD = ["aio", "discard", "iothread", "queues", "product", "cache", "ssd", "vendor", "ro"];

/** Whether a running machine takes the value of a disk that it has only at its next stop. */
function waits(host: Host, config: GuestFile, key: string, value: string): boolean {
  const old = config.values[key];
  if (!/^(scsi|virtio)\d+$/.test(key) || old === undefined) return false;
  const [before, after] = [parseDrive(host, key, old), parseDrive(host, key, value)];
  return (
    before.volid === after.volid &&
    COLD.some((name) => (before.values[name] ?? "") !== (after.values[name] ?? ""))
  );
}

/** A balloon device comes and goes at a start alone; how much of the memory it leaves changes at once. */
function changesBalloon(config: GuestFile, value: string | undefined): boolean {
  return (config.values["balloon"] === "0") !== (value === "0");
}

/** Whether it is a CD in a drive that is there: another one is put in at once. */
function changesMedium(host: Host, config: GuestFile, key: string, value: string | undefined): boolean {
  const old = config.values[key];
  if (!DISK.test(key) || old === undefined || value === undefined) return false;
  const [before, after] = [parseDrive(host, key, old), parseDrive(host, key, value)];
  return before.cdrom && after.cdrom && !after.cloudinit;
}

/** Whether a running machine takes a change at once: another value, or undefined for its removal. */
function isAtOnce(host: Host, config: GuestFile, key: string, value: string | undefined): boolean {
  if (key === "balloon") return !changesBalloon(config, value);
  return AT_ONCE.test(key) || changesMedium(host, config, key, value);
}

/**
 * Applies what waits: removals, then values.
 *
 * @param live only what a running machine takes at once
 */
export function applyPending(host: Host, vmid: number, config: GuestFile, live: boolean): void {
  const now = (key: string, value?: string) => !live || isAtOnce(host, config, key, value);
  for (const key of pendingDeletes(config)) {
    if (!now(key)) continue;
    applyDelete(host, vmid, config, key);
    setPendingDeletes(
      config,
      pendingDeletes(config).filter((other) => other !== key),
    );
  }
  if (config.pending.description !== "") put(config, "description", config.pending.description);
  config.pending.description = "";
  for (const key of Object.keys(config.pending.values).sort()) {
    if (key === "delete" || !now(key, config.pending.values[key])) continue;
    if (live && waits(host, config, key, config.pending.values[key] ?? "")) continue;
    applySet(host, vmid, config, key, config.pending.values[key] ?? "");
    delete config.pending.values[key];
  }
}

/** Throws for the removal of what a protected machine keeps. */
export function checkProtected(config: GuestFile, key: string): void {
  if (config.values["protection"] !== "1") return;
  if (/^unused\d+$/.test(key))
    throw new PveError(`can't remove unused disk '${config.values[key]}' - protection mode enabled`);
  if (DISK.test(key)) throw new PveError(`can't remove drive '${key}' - protection mode enabled`);
}
