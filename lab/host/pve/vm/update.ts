/** `qm set`, PUT …/config, and POST …/config, which does the same in a task. */
import type { Context } from "../context";
import type { GuestFile } from "../config/guest-file";
import { ParameterError, PveError } from "../errors";
import { checkLock } from "../guest/config";
import { isRunning } from "../guest/state";
import type { Values } from "../schema/types";
import { freeVolume } from "../storage/volumes";
import type { Host } from "../../types";
import { checkBoot, idOf, items, loadVm, locked, parseDrive, saveVm } from "./config";
import { checkDisk, realizeDisk } from "./disks";
import { DISK, vmOptions } from "./options";
import {
  applyPending,
  checkProtected,
  cleanPending,
  get,
  pendingDeletes,
  setPendingDeletes,
} from "./pending";
import { changesOf, checkRoot, storedValue } from "./settings";

interface Change {
  changes: Record<string, string>;
  deletes: string[];
  reverts: string[];
}

function read(context: Context, values: Values): Change {
  const changes = changesOf(values);
  const deletes = items(values["delete"]);
  const reverts = items(values["revert"]);
  if (Object.keys(changes).length + deletes.length + reverts.length === 0)
    throw new PveError("no options specified");
  for (const [word, list] of Object.entries({ delete: deletes, revert: reverts }))
    for (const key of list) {
      if (changes[key] !== undefined)
        throw new ParameterError({ [word]: `you can't use '-${key}' and -${word} ${key}' at the same time` });
      if (!vmOptions()[key]) throw new ParameterError({ [word]: `unknown option '${key}'` });
    }
  checkRoot(context, changes, deletes);
  for (const [key, value] of Object.entries(changes)) if (DISK.test(key)) checkDisk(context.host, key, value);
  return { changes, deletes, reverts };
}

/** The line that names what is changed; a password is not shown. */
function announce(context: Context, vmid: number, values: Values): void {
  const shown = Object.keys(values)
    .filter((key) => key !== "node" && key !== "vmid")
    .sort()
    .map((key) => {
      const list = key === "delete" || key === "revert";
      return `-${key} ${key === "cipassword" ? "<hidden>" : list ? items(values[key]).join(",") : values[key]}`;
    });
  context.print(`update VM ${vmid}: ${shown.join(" ")}`);
}

function queueDeletes(context: Context, config: GuestFile, { deletes, reverts }: Change): void {
  for (const key of reverts) {
    delete config.pending.values[key];
    setPendingDeletes(
      config,
      pendingDeletes(config).filter((other) => other !== key),
    );
  }
  for (const key of deletes) {
    if (get(config, key) === undefined && get(config.pending, key) === undefined) {
      context.warn(`cannot delete '${key}' - not set in current configuration!`);
      continue;
    }
    checkProtected(config, key);
    delete config.pending.values[key];
    dropFromBoot(config, key);
    setPendingDeletes(config, [...pendingDeletes(config), key]);
  }
}

/** What is no longer there is not started from either. */
function dropFromBoot(config: GuestFile, key: string): void {
  const order = /^order=(.*)$/.exec(config.pending.values["boot"] ?? config.values["boot"] ?? "")?.[1];
  const devices = (order ?? "").split(";").filter(Boolean);
  if (!devices.includes(key)) return;
  const left = devices.filter((device) => device !== key);
  config.pending.values["boot"] = left.length > 0 ? `order=${left.join(";")}` : "";
}

/** Throws for less memory than the balloon keeps. */
function checkBalloon(config: GuestFile, changes: Record<string, string>): void {
  const value = (key: string) => changes[key] ?? config.pending.values[key] ?? config.values[key];
  if (changes["memory"] === undefined && changes["balloon"] === undefined) return;
  if (Number(value("balloon") ?? 0) > Number(value("memory") ?? 512))
    throw new PveError("balloon value too large (must be smaller than assigned memory)");
}

/** The version of a TPM's state stays (PVE::API2::Qemu, prohibit_tpm_version_change). */
function checkTpm(host: Host, config: GuestFile, text: string): void {
  const old = config.values["tpmstate0"];
  if (old === undefined) return;
  const [before, after] = [old, text].map((line) => parseDrive(host, "tpmstate0", line));
  if (before?.volid !== after?.volid) return;
  if ((before?.values["version"] ?? "v1.2") !== (after?.values["version"] ?? "v1.2"))
    throw new PveError("cannot change TPM state version after creation");
}

/** A new CD is marked as one to start from. */
function addToBoot(host: Host, config: GuestFile, key: string, line: string): void {
  const boot = config.pending.values["boot"] ?? config.values["boot"] ?? "";
  const order = /^order=(.+)$/.exec(boot)?.[1]?.split(";");
  const { cdrom, cloudinit } = parseDrive(host, key, line);
  if (order === undefined || !cdrom || cloudinit || order.includes(key)) return;
  config.pending.values["boot"] = `order=${[...order, key].join(";")}`;
}

async function queueValues(
  host: Host,
  vmid: number,
  config: GuestFile,
  changes: Record<string, string>,
  log: (line: string) => void,
): Promise<string[]> {
  const made: string[] = [];
  try {
    for (const key of Object.keys(changes).sort()) {
      const value = changes[key] ?? "";
      if (key === "description") {
        if (value === "") config.description = "";
        else config.pending.description = value;
      } else if (DISK.test(key)) {
        if (key === "tpmstate0") checkTpm(host, config, changes[key] ?? "");
        const disk = await realizeDisk(host, vmid, key, value, config, log);
        if (disk.made !== undefined) made.push(disk.made);
        config.pending.values[key] = disk.line;
        addToBoot(host, config, key, disk.line);
      } else config.pending.values[key] = await storedValue(host, key, value);
      setPendingDeletes(
        config,
        pendingDeletes(config).filter((other) => other !== key),
      );
    }
    const later = { ...config, values: { ...config.values, ...config.pending.values } };
    if (changes["boot"] !== undefined) checkBoot(later, changes["boot"]);
    return made;
  } catch (error) {
    for (const volid of made.reverse()) freeVolume(host, volid);
    throw error;
  }
}

async function apply(
  context: Context,
  vmid: number,
  values: Values,
  change: Change,
  log: (line: string) => void,
): Promise<void> {
  const { host } = context;
  await locked(context, vmid, async () => {
    const config = loadVm(host, vmid);
    if (values["digest"] !== undefined && values["digest"] !== config.digest)
      throw new PveError("checksum mismatch (file change by other user?)");
    if (values["skiplock"] !== 1) checkLock(config, "qemu");
    checkBalloon(config, change.changes);
    if (context.cli) announce(context, vmid, values);
    queueDeletes(context, config, change);
    await queueValues(host, vmid, config, change.changes, log);
    cleanPending(config);
    applyPending(host, vmid, config, isRunning(host, vmid));
    saveVm(host, vmid, config);
    await host.latency("qm set");
  });
}

export async function updateVm(context: Context, values: Values): Promise<null> {
  const change = read(context, values);
  loadVm(context.host, idOf(values));
  await apply(context, idOf(values), values, change, context.print);
  return null;
}

/** The same in a task. */
export async function updateVmLater(context: Context, values: Values): Promise<string> {
  const change = read(context, values);
  const vmid = idOf(values);
  loadVm(context.host, vmid);
  return context.fork("qmconfig", String(vmid), (log) => apply(context, vmid, values, change, log));
}
