/** Snapshots of virtual machines, without their memory. */
import type { Context } from "../context";
import type { Section } from "../config/guest-file";
import { PveError } from "../errors";
import { addUnused, checkLock, isTemplate } from "../guest/config";
import { withLock } from "../guest/lock";
import {
  addSection,
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

function take(host: Host, vmid: number, values: Values, log: (line: string) => void): void {
  const name = String(values["snapname"]);
  const config = loadVm(host, vmid);
  if (isTemplate(config)) throw new PveError("you can't take a snapshot if it's a template");
  checkLock(config, "qemu");
  if (config.snapshots[name]) throw new PveError(`snapshot name '${name}' already used`);
  if (!canSnapshot(host, config)) throw new PveError("snapshot feature is not available");
  for (const { key, plugin, storage, name: volume, volid } of volumes(host, config)) {
    log(`snapshotting 'drive-${key}' (${volid})`);
    plugin.snapshot(host, storage, volume, name);
  }
  addSection(config, name, String(values["description"] ?? ""));
  saveVm(host, vmid, config);
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
  return context.fork("qmsnapshot", String(vmid), (log) =>
    locked(context, vmid, async () => {
      take(host, vmid, values, log);
      await host.latency("qm snapshot");
    }),
  );
}

async function restore(host: Host, vmid: number, name: string): Promise<void> {
  const config = loadVm(host, vmid);
  if (isTemplate(config)) throw new PveError("you can't rollback if it's a template");
  checkLock(config, "qemu");
  const snapshot = snapshotOf(config, name);
  const targets = volumes(host, snapshot);
  for (const { plugin, storage, name: volume } of targets) plugin.checkRollback(host, storage, volume, name);
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
  const { host } = context;
  const vmid = idOf(values);
  return context.fork("qmrollback", String(vmid), async () => {
    await locked(context, vmid, async () => {
      await host.latency("qm rollback");
      await restore(host, vmid, String(values["snapname"]));
    });
    if (values["start"] === 1) await startVm(context, { vmid });
  });
}

export async function deleteVmSnapshot(context: Context, values: Values): Promise<string> {
  const { host } = context;
  const vmid = idOf(values);
  const name = String(values["snapname"]);
  return context.fork("qmdelsnapshot", String(vmid), () =>
    locked(context, vmid, async () => {
      const config = loadVm(host, vmid);
      checkLock(config, "qemu");
      const snapshot = snapshotOf(config, name);
      await host.latency("qm delsnapshot");
      for (const { plugin, storage, name: volume } of volumes(host, snapshot))
        plugin.deleteSnapshot(host, storage, volume, name);
      removeSection(config, name);
      saveVm(host, vmid, config);
    }),
  );
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
