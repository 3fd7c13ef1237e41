/** Snapshots of virtual machines, without their memory. */
import type { Context } from "../context";
import { copySection, type GuestFile, type Section } from "../config/guest-file";
import { PveError } from "../errors";
import { addUnused, checkLock, isTemplate } from "../guest/config";
import { withLock } from "../guest/lock";
import type { SnapshotEntry } from "../guest/snapshot";
import { isRunning } from "../guest/state";
import type { Values } from "../schema/types";
import { locate, volumeHas } from "../storage/volumes";
import type { Host } from "../../types";
import { disks, idOf, loadVm, saveVm } from "./config";
import { startVm, stopMachine } from "./power";

function snapshotOf(config: GuestFile, name: string): Section {
  const found = config.snapshots[name];
  if (!found) throw new PveError(`snapshot '${name}' does not exist`);
  return found;
}

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
  const section = copySection(config);
  for (const key of Object.keys(section.values)) if (/^unused\d+$/.test(key)) delete section.values[key];
  section.description = String(values["description"] ?? "");
  section.values["snaptime"] = String(Math.floor(Date.now() / 1000));
  config.snapshots[name] = section;
  config.values["parent"] = name;
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
    withLock(
      host,
      "qemu",
      vmid,
      async () => {
        take(host, vmid, values, log);
        await host.latency("qm snapshot");
      },
      context.warn,
    ),
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
  const unused = Object.entries(fresh.values).filter(([key]) => /^unused\d+$/.test(key));
  const kept = new Set(targets.map(({ volid }) => volid));
  const lost = disks(host, fresh).filter(({ volid }) => !kept.has(volid));
  const { values } = copySection(snapshot);
  delete values["snaptime"];
  // The note of a snapshot is not the note of the machine: Proxmox VE keeps the machine's own.
  Object.assign(fresh, { values: { ...values, parent: name } });
  for (const [key, value] of unused) fresh.values[key] = value;
  for (const { volid } of lost) addUnused(fresh, volid);
  fresh.pending = { description: "", values: {}, lxc: [] };
  saveVm(host, vmid, fresh);
}

export async function rollbackVmSnapshot(context: Context, values: Values): Promise<string> {
  const { host } = context;
  const vmid = idOf(values);
  return context.fork("qmrollback", String(vmid), async () => {
    await withLock(
      host,
      "qemu",
      vmid,
      async () => {
        await host.latency("qm rollback");
        await restore(host, vmid, String(values["snapname"]));
      },
      context.warn,
    );
    if (values["start"] === 1) await startVm(context, { vmid });
  });
}

export async function deleteVmSnapshot(context: Context, values: Values): Promise<string> {
  const { host } = context;
  const vmid = idOf(values);
  const name = String(values["snapname"]);
  return context.fork("qmdelsnapshot", String(vmid), () =>
    withLock(
      host,
      "qemu",
      vmid,
      async () => {
        const config = loadVm(host, vmid);
        checkLock(config, "qemu");
        const snapshot = snapshotOf(config, name);
        await host.latency("qm delsnapshot");
        for (const { plugin, storage, name: volume } of volumes(host, snapshot))
          plugin.deleteSnapshot(host, storage, volume, name);
        const { parent } = snapshot.values;
        delete config.snapshots[name];
        for (const section of [config, ...Object.values(config.snapshots)]) {
          if (section.values["parent"] !== name) continue;
          if (parent === undefined) delete section.values["parent"];
          else section.values["parent"] = parent;
        }
        saveVm(host, vmid, config);
      },
      context.warn,
    ),
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

/** Snapshots and the present state, which is called `current`. */
export function listVmSnapshots(host: Host, vmid: number): (SnapshotEntry & { vmstate?: 0 })[] {
  const config = loadVm(host, vmid);
  const entries = Object.entries(config.snapshots).map(([name, section]) => {
    const { parent, snaptime } = section.values;
    return {
      name,
      description: section.description,
      snaptime: Number(snaptime ?? 0),
      vmstate: 0 as const,
      ...(parent !== undefined && { parent }),
    };
  });
  const { parent } = config.values;
  return [
    ...entries,
    {
      name: "current",
      description: "You are here!",
      digest: config.digest,
      running: isRunning(host, vmid) ? 1 : 0,
      ...(parent !== undefined && { parent }),
    },
  ];
}
