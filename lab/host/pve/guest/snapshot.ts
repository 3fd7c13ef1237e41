/** Snapshots of containers. */
import type { Context } from "../context";
import type { GuestFile, Section } from "../config/guest-file";
import { messageOf, PveError } from "../errors";
import type { Values } from "../schema/types";
import { locate, volumeHas } from "../storage/volumes";
import type { Host } from "../../types";
import { addUnused, checkLock, isTemplate, load, mounts, save } from "./config";
import { withLock } from "./lock";
import { startContainer, stopNow } from "./power";
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
} from "./snapshotSections";
import { isRunning } from "./state";

const volumes = (host: Host, section: Section) =>
  mounts(host, section)
    .filter((mount) => mount.type === "volume")
    .map((mount) => ({ mount, ...locate(host, mount.volume) }));

/** Whether every mount can be snapshotted: a bind mount never can. */
export function canSnapshot(host: Host, section: Section): boolean {
  return mounts(host, section).every(
    (mount) => mount.type === "volume" && volumeHas(host, mount.volume, "snapshot"),
  );
}

/** Changes the configuration under its flock; between two such changes its lock keeps everybody else away. */
const change = ({ host, warn }: Context, vmid: number, edit: (config: GuestFile) => void): Promise<void> =>
  withLock(
    host,
    "lxc",
    vmid,
    () => {
      const config = load(host, "lxc", vmid);
      edit(config);
      save(host, "lxc", vmid, config);
    },
    warn,
  );

function prepare(host: Host, config: GuestFile, name: string, values: Values): void {
  if (isTemplate(config)) throw new PveError("you can't take a snapshot if it's a template");
  checkLock(config);
  if (config.snapshots[name]) throw new PveError(`snapshot name '${name}' already used`);
  if (!canSnapshot(host, config)) throw new PveError("snapshot feature is not available");
  prepareSection(config, name, String(values["description"] ?? ""));
}

async function take(context: Context, vmid: number, values: Values): Promise<void> {
  const { host } = context;
  const name = String(values["snapname"]);
  await change(context, vmid, (config) => prepare(host, config, name, values));
  await host.latency("pct snapshot");
  try {
    for (const { plugin, storage, name: volume } of volumes(host, load(host, "lxc", vmid)))
      plugin.snapshot(host, storage, volume, name);
  } catch (error) {
    context.warn("snapshot create failed: starting cleanup");
    await change(context, vmid, (config) => removeSection(config, name));
    throw error;
  }
  await change(context, vmid, (config) => commitSection(config, name));
}

export async function createSnapshot(context: Context, values: Values): Promise<string> {
  const vmid = Number(values["vmid"]);
  if (values["snapname"] === "current")
    throw new PveError("unable to use snapshot name 'current' (reserved name)");
  return context.fork("vzsnapshot", String(vmid), () => take(context, vmid, values));
}

async function restore(context: Context, vmid: number, name: string): Promise<void> {
  const { host } = context;
  const targets: ReturnType<typeof volumes> = [];
  await change(context, vmid, (config) => {
    if (isTemplate(config)) throw new PveError("you can't rollback if it's a template");
    checkLock(config);
    targets.push(...volumes(host, snapshotOf(config, name)));
    checkComplete(config, name);
    for (const { plugin, storage, name: volume } of targets)
      plugin.checkRollback(host, storage, volume, name);
    config.values["lock"] = "rollback";
  });
  await host.latency("pct rollback");
  if (isRunning(host, vmid)) await stopNow(host, vmid);
  for (const { plugin, storage, name: volume } of targets) plugin.rollback(host, storage, volume, name);
  const config = load(host, "lxc", vmid);
  const kept = new Set(targets.map(({ volid }) => volid));
  const lost = volumes(host, config).filter(({ volid }) => !kept.has(volid));
  restoreSection(config, name);
  for (const { volid } of lost) addUnused(config, volid);
  save(host, "lxc", vmid, config);
}

export async function rollbackSnapshot(context: Context, values: Values): Promise<string> {
  const vmid = Number(values["vmid"]);
  return context.fork("vzrollback", String(vmid), async () => {
    await restore(context, vmid, String(values["snapname"]));
    if (values["start"] === 1) await startContainer(context, { vmid });
  });
}

export async function deleteSnapshot(context: Context, values: Values): Promise<string> {
  const { host } = context;
  const vmid = Number(values["vmid"]);
  const name = String(values["snapname"]);
  return context.fork("vzdelsnapshot", String(vmid), async () => {
    await change(context, vmid, (config) => {
      checkLock(config);
      prepareRemoval(config, name);
    });
    await host.latency("pct delsnapshot");
    for (const { plugin, storage, name: volume } of volumes(host, snapshotOf(load(host, "lxc", vmid), name)))
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
export async function updateSnapshot(context: Context, values: Values): Promise<null> {
  const { host } = context;
  const vmid = Number(values["vmid"]);
  await withLock(host, "lxc", vmid, () => {
    const config = load(host, "lxc", vmid);
    checkLock(config);
    const snapshot = snapshotOf(config, String(values["snapname"]));
    if (values["description"] !== undefined) snapshot.description = String(values["description"]);
    save(host, "lxc", vmid, config);
  });
  return null;
}

/** Snapshots and the present state, which is called `current`. */
export const listSnapshots = (host: Host, vmid: number): SnapshotEntry[] =>
  snapshotEntries(load(host, "lxc", vmid), isRunning(host, vmid));
