/** Snapshots of virtual machines, without their memory. */
import type { Context } from "../context";
import type { GuestFile, Section } from "../config/guest-file";
import { messageOf, PveError } from "../errors";
import { addUnused, checkLock, isTemplate } from "../guest/config";
import { withLock } from "../guest/lock";
import {
  checkComplete,
  commitSection,
  prepareRemoval,
  prepareSection,
  removeSection,
  restoreSection,
  snapshotEntries,
  snapshotOf,
  type SnapshotEntry,
} from "../guest/snapshotSections";
import { isRunning } from "../guest/state";
import type { Values } from "../schema/types";
import { locate, volumeHas } from "../storage/volumes";
import type { Host } from "../../types";
import { disks, idOf, loadVm, locked, saveVm } from "./config";
import { startVm, stopMachine } from "./power";

const volumes = (host: Host, section: Section) =>
  disks(host, section).map(({ key, volid }) => ({ key, ...locate(host, volid) }));

export const canSnapshot = (host: Host, section: Section): boolean =>
  disks(host, section).every(({ volid }) => volumeHas(host, volid, "snapshot"));

/** Changes the configuration under its flock; between two such changes its lock keeps everybody else away. */
const change = (context: Context, vmid: number, edit: (config: GuestFile) => void): Promise<void> =>
  locked(context, vmid, () => {
    const config = loadVm(context.host, vmid);
    edit(config);
    saveVm(context.host, vmid, config);
  });

function prepare(host: Host, config: GuestFile, name: string, values: Values): void {
  if (isTemplate(config)) throw new PveError("you can't take a snapshot if it's a template");
  checkLock(config, "qemu");
  if (config.snapshots[name]) throw new PveError(`snapshot name '${name}' already used`);
  if (!canSnapshot(host, config)) throw new PveError("snapshot feature is not available");
  prepareSection(config, name, String(values["description"] ?? ""));
}

async function take(
  context: Context,
  vmid: number,
  values: Values,
  log: (line: string) => void,
): Promise<void> {
  const { host } = context;
  const name = String(values["snapname"]);
  await change(context, vmid, (config) => prepare(host, config, name, values));
  await host.latency("qm snapshot");
  const config = loadVm(host, vmid);
  try {
    for (const { key, plugin, storage, name: volume, volid } of volumes(host, config)) {
      log(`snapshotting 'drive-${key}' (${volid})`);
      plugin.snapshot(host, storage, volume, name);
    }
  } catch (error) {
    context.warn("snapshot create failed: starting cleanup");
    await change(context, vmid, (now) => removeSection(now, name));
    throw error;
  }
  await change(context, vmid, (now) => commitSection(now, name));
}

export async function createVmSnapshot(context: Context, values: Values): Promise<string> {
  const { host } = context;
  const vmid = idOf(values);
  if (values["snapname"] === "current")
    throw new PveError("unable to use snapshot name 'current' (reserved name)");
  if (values["snapname"] === "pending")
    throw new PveError("unable to use snapshot name 'pending' (reserved name)");
  loadVm(host, vmid);
  if (values["vmstate"] === 1 && isRunning(host, vmid))
    throw new PveError("the lab does not simulate snapshots of a machine's memory (--vmstate)");
  return context.fork("qmsnapshot", String(vmid), (log) => take(context, vmid, values, log));
}

async function restore(context: Context, vmid: number, name: string): Promise<void> {
  const { host } = context;
  const targets: ReturnType<typeof volumes> = [];
  await change(context, vmid, (config) => {
    if (isTemplate(config)) throw new PveError("you can't rollback if it's a template");
    checkLock(config, "qemu");
    targets.push(...volumes(host, snapshotOf(config, name)));
    checkComplete(config, name);
    for (const { plugin, storage, name: volume } of targets)
      plugin.checkRollback(host, storage, volume, name);
    config.values["lock"] = "rollback";
  });
  await host.latency("qm rollback");
  if (isRunning(host, vmid)) await stopMachine(host, vmid);
  for (const { plugin, storage, name: volume } of targets) plugin.rollback(host, storage, volume, name);
  const fresh = loadVm(host, vmid);
  const kept = new Set(targets.map(({ volid }) => volid));
  const lost = disks(host, fresh).filter(({ volid }) => !kept.has(volid));
  restoreSection(fresh, name);
  for (const { volid } of lost) addUnused(fresh, volid);
  saveVm(host, vmid, fresh);
}

export async function rollbackVmSnapshot(context: Context, values: Values): Promise<string> {
  const vmid = idOf(values);
  return context.fork("qmrollback", String(vmid), async () => {
    await restore(context, vmid, String(values["snapname"]));
    if (values["start"] === 1) await startVm(context, { vmid });
  });
}

export async function deleteVmSnapshot(context: Context, values: Values): Promise<string> {
  const { host } = context;
  const vmid = idOf(values);
  const name = String(values["snapname"]);
  return context.fork("qmdelsnapshot", String(vmid), async () => {
    await change(context, vmid, (config) => {
      checkLock(config, "qemu");
      prepareRemoval(config, name);
    });
    await host.latency("qm delsnapshot");
    const snapshot = snapshotOf(loadVm(host, vmid), name);
    for (const { plugin, storage, name: volume } of volumes(host, snapshot))
      try {
        plugin.deleteSnapshot(host, storage, volume, name);
      } catch (error) {
        if (values["force"] !== 1) throw error;
        context.warn(messageOf(error));
      }
    await change(context, vmid, (config) => removeSection(config, name));
  });
}

/** Changes the description of a snapshot. */
export async function updateVmSnapshot({ host }: Context, values: Values): Promise<null> {
  const vmid = idOf(values);
  await withLock(host, "qemu", vmid, () => {
    const config = loadVm(host, vmid);
    checkLock(config, "qemu");
    const snapshot = snapshotOf(config, String(values["snapname"]));
    if (values["description"] !== undefined) snapshot.description = String(values["description"]);
    saveVm(host, vmid, config);
  });
  return null;
}

/** Snapshots, none of them with the memory, and the present state, which is called `current`. */
export const listVmSnapshots = (host: Host, vmid: number): (SnapshotEntry & { vmstate?: 0 })[] =>
  snapshotEntries(loadVm(host, vmid), isRunning(host, vmid)).map((entry) =>
    entry.name === "current" ? entry : { ...entry, vmstate: 0 as const },
  );
