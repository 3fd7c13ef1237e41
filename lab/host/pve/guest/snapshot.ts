/** Snapshots of containers. */
import type { Context } from "../context";
import type { Section } from "../config/guest-file";
import { PveError } from "../errors";
import type { Values } from "../schema/types";
import { locate, volumeHas } from "../storage/volumes";
import type { Host } from "../../types";
import { addUnused, checkLock, isTemplate, load, mounts, save } from "./config";
import { withLock } from "./lock";
import { startContainer, stopNow } from "./power";
import {
  addSection,
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

function take(host: Host, vmid: number, values: Values): void {
  const name = String(values["snapname"]);
  const config = load(host, "lxc", vmid);
  if (isTemplate(config)) throw new PveError("you can't take a snapshot if it's a template");
  checkLock(config);
  if (config.snapshots[name]) throw new PveError(`snapshot name '${name}' already used`);
  if (!canSnapshot(host, config)) throw new PveError("snapshot feature is not available");
  for (const { plugin, storage, name: volume } of volumes(host, config))
    plugin.snapshot(host, storage, volume, name);
  addSection(config, name, String(values["description"] ?? ""));
  save(host, "lxc", vmid, config);
}

export async function createSnapshot(context: Context, values: Values): Promise<string> {
  const { host } = context;
  const vmid = Number(values["vmid"]);
  if (values["snapname"] === "current")
    throw new PveError("unable to use snapshot name 'current' (reserved name)");
  return context.fork("vzsnapshot", String(vmid), () =>
    withLock(
      host,
      "lxc",
      vmid,
      async () => {
        take(host, vmid, values);
        await host.latency("pct snapshot");
      },
      context.warn,
    ),
  );
}

async function restore(host: Host, vmid: number, name: string): Promise<void> {
  const config = load(host, "lxc", vmid);
  if (isTemplate(config)) throw new PveError("you can't rollback if it's a template");
  checkLock(config);
  const snapshot = snapshotOf(config, name);
  const targets = volumes(host, snapshot);
  for (const { plugin, storage, name: volume } of targets) plugin.checkRollback(host, storage, volume, name);
  if (isRunning(host, vmid)) await stopNow(host, vmid);
  for (const { plugin, storage, name: volume } of targets) plugin.rollback(host, storage, volume, name);
  const kept = new Set(targets.map(({ volid }) => volid));
  const lost = volumes(host, config).filter(({ volid }) => !kept.has(volid));
  restoreSection(config, name);
  for (const { volid } of lost) addUnused(config, volid);
  save(host, "lxc", vmid, config);
}

export async function rollbackSnapshot(context: Context, values: Values): Promise<string> {
  const { host } = context;
  const vmid = Number(values["vmid"]);
  return context.fork("vzrollback", String(vmid), async () => {
    await withLock(
      host,
      "lxc",
      vmid,
      async () => {
        await host.latency("pct rollback");
        await restore(host, vmid, String(values["snapname"]));
      },
      context.warn,
    );
    if (values["start"] === 1) await startContainer(context, { vmid });
  });
}

export async function deleteSnapshot(context: Context, values: Values): Promise<string> {
  const { host } = context;
  const vmid = Number(values["vmid"]);
  const name = String(values["snapname"]);
  return context.fork("vzdelsnapshot", String(vmid), () =>
    withLock(
      host,
      "lxc",
      vmid,
      async () => {
        const config = load(host, "lxc", vmid);
        checkLock(config);
        const snapshot = snapshotOf(config, name);
        await host.latency("pct delsnapshot");
        for (const { plugin, storage, name: volume } of volumes(host, snapshot))
          plugin.deleteSnapshot(host, storage, volume, name);
        removeSection(config, name);
        save(host, "lxc", vmid, config);
      },
      context.warn,
    ),
  );
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
