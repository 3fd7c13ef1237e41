/** Snapshots of virtual machines, without their memory. */
import type { Context } from "../context";
import type { Section } from "../config/guest-file";
import { PveError } from "../errors";
import {
  describeSnapshot,
  removeSnapshot,
  restoreSnapshot,
  takeSnapshot,
  type SnapshotKind,
} from "../guest/snapshotLife";
import { snapshotEntries, type SnapshotEntry } from "../guest/snapshotSections";
import { isRunning } from "../guest/state";
import type { Values } from "../schema/types";
import { volumeHas } from "../storage/volumes";
import type { Host } from "../../types";
import { disks, idOf, loadVm, saveVm } from "./config";
import { startVm, stopMachine } from "./power";

export const canSnapshot = (host: Host, section: Section): boolean =>
  disks(host, section).every(({ volid }) => volumeHas(host, volid, "snapshot"));

const machines: SnapshotKind = {
  kind: "qemu",
  save: saveVm,
  disks: (host, section) => disks(host, section).map(({ key, volid }) => ({ key, volid })),
  canSnapshot,
  announce: ({ key, volid }) => `snapshotting 'drive-${key}' (${volid})`,
  stop: stopMachine,
  work: {
    snapshot: (host) => host.latency("qm snapshot"),
    rollback: (host) => host.latency("qm rollback"),
    delsnapshot: (host) => host.latency("qm delsnapshot"),
  },
};

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
    takeSnapshot(machines, context, vmid, values, log),
  );
}

export async function rollbackVmSnapshot(context: Context, values: Values): Promise<string> {
  const vmid = idOf(values);
  return context.fork("qmrollback", String(vmid), async () => {
    await restoreSnapshot(machines, context, vmid, String(values["snapname"]));
    if (values["start"] === 1) await startVm(context, { vmid });
  });
}

export async function deleteVmSnapshot(context: Context, values: Values): Promise<string> {
  const vmid = idOf(values);
  return context.fork("qmdelsnapshot", String(vmid), () =>
    removeSnapshot(machines, context, vmid, String(values["snapname"]), values["force"] === 1),
  );
}

export async function updateVmSnapshot({ host }: Context, values: Values): Promise<null> {
  await describeSnapshot(machines, host, idOf(values), values);
  return null;
}

/** Snapshots, none of them with the memory, and the present state, which is called `current`. */
export const listVmSnapshots = (host: Host, vmid: number): (SnapshotEntry & { vmstate?: 0 })[] =>
  snapshotEntries(loadVm(host, vmid), isRunning(host, vmid)).map((entry) =>
    entry.name === "current" ? entry : { ...entry, vmstate: 0 as const },
  );
