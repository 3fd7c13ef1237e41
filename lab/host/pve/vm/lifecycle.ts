/** template, resize, destroy, unlock and importdisk of virtual machines. */
import { forgetGuest } from "../access/pools";
import { statSync } from "node:fs";
import { inRoot } from "../../machine/confined";
import { dropFromJobs } from "../backup/jobs";
import type { Context } from "../context";
import { PveError } from "../errors";
import { addUnused, checkLock, isTemplate, remove } from "../guest/config";
import { withLock } from "../guest/lock";
import { isRunning } from "../guest/state";
import { strays } from "../guest/strays";
import type { Values } from "../schema/types";
import { usableStorage } from "../storage/storages";
import { freeVolume, locate, parseSize, printSize, volumeHas, volumeSize } from "../storage/volumes";
import { disks, idOf, loadVm, locked, ownDrives, parseDrive, printDrive, saveVm } from "./config";
import { freeOwn, importDisk, isUsedBase } from "./disks";
import { DISK } from "./options";

/** Turns a machine into a template. */
export async function templateVm(context: Context, values: Values): Promise<string> {
  const { host } = context;
  const vmid = idOf(values);
  const only = values["disk"];
  const check = () => {
    const config = loadVm(host, vmid);
    checkLock(config, "qemu");
    if (Object.keys(config.snapshots).length > 0)
      throw new PveError("unable to create template, because VM contains snapshots");
    if (isTemplate(config) && only === undefined)
      throw new PveError("you can't convert a template to a template");
    if (isRunning(host, vmid)) throw new PveError("you can't convert a VM to template if VM is running");
    return config;
  };
  await withLock(host, "qemu", vmid, check);
  return context.fork("qmtemplate", String(vmid), () =>
    withLock(host, "qemu", vmid, async () => {
      const config = check();
      const all = disks(host, config).filter(({ key }) => only === undefined || key === only);
      for (const { volid } of all)
        if (!volumeHas(host, volid, "template"))
          throw new PveError(`template feature is not available for '${volid}'`);
      config.values["template"] = "1";
      saveVm(host, vmid, config);
      await host.latency("qm template");
      for (const { key, volid, values: drive } of all) {
        const { plugin, storage, name } = locate(host, volid);
        const file = `${storage.id}:${plugin.createBase(host, storage, name)}`;
        config.values[key] = printDrive({ ...drive, file });
        saveVm(host, vmid, config);
      }
    }),
  );
}

export async function resizeVm(context: Context, values: Values): Promise<string> {
  const { host } = context;
  const vmid = idOf(values);
  const key = String(values["disk"]);
  const wanted = String(values["size"]);
  return context.fork("resize", String(vmid), () =>
    locked(context, vmid, async () => {
      const config = loadVm(host, vmid);
      if (values["digest"] !== undefined && values["digest"] !== config.digest)
        throw new PveError("checksum mismatch (file change by other user?)");
      if (values["skiplock"] !== 1) checkLock(config, "qemu");
      const line = config.values[key];
      if (line === undefined) throw new PveError(`disk '${key}' does not exist`);
      const { volid, cdrom, values: drive } = parseDrive(host, key, line);
      if (volid === undefined) throw new PveError(`disk '${key}' has no associated volume`);
      if (cdrom) throw new PveError("you can't resize a cdrom");
      const before = volumeSize(host, volid);
      if (before === undefined) throw new PveError(`Could not determine current size of volume '${volid}'`);
      const given = parseSize(wanted.replace(/^\+/, "")) ?? 0;
      const size = wanted.startsWith("+") ? before + given : given;
      if (size < before) throw new PveError("shrinking disks is not supported");
      if (size === before) return;
      const { plugin, storage, name } = locate(host, volid);
      plugin.resize(host, storage, name, size);
      await host.latency("qm resize");
      config.values[key] = printDrive({ ...drive, size: printSize(size) });
      saveVm(host, vmid, config);
    }),
  );
}

export async function destroyVm(context: Context, values: Values): Promise<string> {
  const { host } = context;
  const vmid = idOf(values);
  const check = () => {
    const config = loadVm(host, vmid);
    if (values["skiplock"] !== 1) checkLock(config, "qemu");
    if (config.values["protection"] === "1")
      throw new PveError(`can't remove VM ${vmid} - protection mode enabled`);
    if (isRunning(host, vmid)) throw new PveError(`VM ${vmid} is running - destroy failed`);
    return config;
  };
  check();
  return context.fork("qmdestroy", String(vmid), (log) =>
    locked(context, vmid, async () => {
      const config = check();
      await host.latency("qm destroy");
      const sections = [config, config.pending, ...Object.values(config.snapshots)];
      const own = new Set(sections.flatMap((section) => ownDrives(host, section).map(({ volid }) => volid)));
      const base = [...own].find((volid) => isUsedBase(host, volid));
      if (base !== undefined) throw new PveError(`base volume '${base}' is still in use by linked cloned`);
      for (const section of sections)
        for (const [key, value] of Object.entries(section.values))
          if (/^unused\d+$/.test(key)) own.add(value);
      for (const volid of own) freeOwn(host, vmid, volid);
      // Volumes with the machine's id that its configuration does not name go only when asked for.
      if (values["destroy-unreferenced-disks"] === 1)
        for (const volid of strays(host, vmid)) freeVolume(host, volid);
      if (values["purge"] === 1) log(`purging VM ${vmid} from related configurations..`);
      forgetGuest(host, vmid);
      if (values["purge"] === 1) dropFromJobs(host, vmid);
      remove(host, "qemu", vmid);
    }),
  );
}

export async function unlockVm(context: Context, values: Values): Promise<void> {
  const { host } = context;
  const vmid = idOf(values);
  await withLock(host, "qemu", vmid, () => {
    const config = loadVm(host, vmid);
    if (config.values["lock"] === undefined) throw new PveError("no lock found trying to remove any lock");
    delete config.values["lock"];
    saveVm(host, vmid, config);
  });
}

/** `qm disk import`: an image of the node becomes an unused disk, or the disk that `target-disk` names. */
export async function importDiskVm(context: Context, values: Values): Promise<void> {
  const { host } = context;
  const vmid = idOf(values);
  const source = String(values["source"]);
  const storage = String(values["storage"]);
  checkLock(loadVm(host, vmid), "qemu");
  if (!statSync(inRoot(host.root, source), { throwIfNoEntry: false })?.isFile())
    throw new PveError(`${source}: non-existent or non-regular file`);
  if (!usableStorage(host, storage).content.includes("images"))
    throw new PveError(`storage ${storage} does not support vm images`);
  context.print(`importing disk '${source}' to VM ${vmid} ...`);
  const format = values["format"] === undefined ? undefined : String(values["format"]);
  const volid = await importDisk(host, vmid, source, storage, format, context.print);
  await withLock(host, "qemu", vmid, () => {
    const config = loadVm(host, vmid);
    const target = String(values["target-disk"] ?? "");
    let key = target;
    if (DISK.test(target)) {
      const old = config.values[target];
      const before = old === undefined ? undefined : parseDrive(host, target, old).volid;
      if (before !== undefined) addUnused(config, before);
      config.values[target] = printDrive({ file: volid, size: printSize(volumeSize(host, volid) ?? 0) });
    } else key = addUnused(config, volid);
    saveVm(host, vmid, config);
    context.print(`${key}: successfully imported disk '${config.values[key]}'`);
  });
}
