/**
 * The life of a snapshot, the same for containers and virtual machines (PVE::AbstractConfig: snapshot_create,
 * snapshot_rollback, snapshot_delete). The configuration is changed under its flock; between two such changes its lock
 * keeps everybody else away, and stays where the worker dies.
 */
import type { Context } from "../context";
import type { GuestFile, Section } from "../config/guest-file";
import { messageOf, PveError } from "../errors";
import type { Values } from "../schema/types";
import { locate } from "../storage/volumes";
import type { Host } from "../../types";
import { addUnused, checkLock, isTemplate, load, type Kind } from "./config";
import { withLock } from "./lock";
import {
  checkComplete,
  commitSection,
  prepareRemoval,
  prepareSection,
  removeSection,
  restoreSection,
  snapshotOf,
} from "./snapshotSections";
import { isRunning } from "./state";

/** A volume of a guest, by the key that names it. */
export interface Disk {
  key: string;
  volid: string;
}

/** What a kind of guest has of its own. */
export interface SnapshotKind {
  kind: Kind;
  save(host: Host, vmid: number, config: GuestFile): void;
  disks(host: Host, section: Section): Disk[];
  canSnapshot(host: Host, section: Section): boolean;
  /** What the task's log says of a disk; nothing without it. */
  announce?(disk: Disk): string;
  stop(host: Host, vmid: number): Promise<void>;
  /** The time that its storages work. */
  work: Record<"snapshot" | "rollback" | "delsnapshot", (host: Host) => Promise<void>>;
}

const located = (of: SnapshotKind, host: Host, section: Section) =>
  of.disks(host, section).map((disk) => ({ ...disk, ...locate(host, disk.volid) }));

function change(
  of: SnapshotKind,
  { host, warn }: Context,
  vmid: number,
  edit: (config: GuestFile) => void,
): Promise<void> {
  const work = () => {
    const config = load(host, of.kind, vmid);
    edit(config);
    of.save(host, vmid, config);
  };
  return withLock(host, of.kind, vmid, work, warn);
}

export async function takeSnapshot(
  of: SnapshotKind,
  context: Context,
  vmid: number,
  values: Values,
  log: (line: string) => void,
): Promise<void> {
  const { host } = context;
  const name = String(values["snapname"]);
  await change(of, context, vmid, (config) => {
    if (isTemplate(config)) throw new PveError("you can't take a snapshot if it's a template");
    checkLock(config, of.kind);
    if (config.snapshots[name]) throw new PveError(`snapshot name '${name}' already used`);
    if (!of.canSnapshot(host, config)) throw new PveError("snapshot feature is not available");
    prepareSection(config, name, String(values["description"] ?? ""));
  });
  await of.work.snapshot(host);
  try {
    for (const disk of located(of, host, load(host, of.kind, vmid))) {
      if (of.announce) log(of.announce(disk));
      disk.plugin.snapshot(host, disk.storage, disk.name, name);
    }
  } catch (error) {
    context.warn("snapshot create failed: starting cleanup");
    await change(of, context, vmid, (config) => removeSection(config, name));
    throw error;
  }
  await change(of, context, vmid, (config) => commitSection(config, name));
}

export async function restoreSnapshot(
  of: SnapshotKind,
  context: Context,
  vmid: number,
  name: string,
): Promise<void> {
  const { host } = context;
  const targets: ReturnType<typeof located> = [];
  await change(of, context, vmid, (config) => {
    if (isTemplate(config)) throw new PveError("you can't rollback if it's a template");
    checkLock(config, of.kind);
    targets.push(...located(of, host, snapshotOf(config, name)));
    checkComplete(config, name);
    for (const { plugin, storage, name: volume } of targets)
      plugin.checkRollback(host, storage, volume, name);
    config.values["lock"] = "rollback";
  });
  await of.work.rollback(host);
  if (isRunning(host, vmid)) await of.stop(host, vmid);
  for (const { plugin, storage, name: volume } of targets) plugin.rollback(host, storage, volume, name);
  const config = load(host, of.kind, vmid);
  const kept = new Set(targets.map(({ volid }) => volid));
  const lost = of.disks(host, config).filter(({ volid }) => !kept.has(volid));
  restoreSection(config, name);
  for (const { volid } of lost) addUnused(config, volid);
  of.save(host, vmid, config);
}

/** @param force goes on with what has no snapshot to remove */
export async function removeSnapshot(
  of: SnapshotKind,
  context: Context,
  vmid: number,
  name: string,
  force: boolean,
): Promise<void> {
  const { host } = context;
  await change(of, context, vmid, (config) => {
    checkLock(config, of.kind);
    prepareRemoval(config, name);
  });
  await of.work.delsnapshot(host);
  const snapshot = snapshotOf(load(host, of.kind, vmid), name);
  for (const { plugin, storage, name: volume } of located(of, host, snapshot))
    try {
      plugin.deleteSnapshot(host, storage, volume, name);
    } catch (error) {
      if (!force) throw error;
      context.warn(messageOf(error));
    }
  await change(of, context, vmid, (config) => removeSection(config, name));
}

/** Changes the description of a snapshot. */
export async function describeSnapshot(
  of: SnapshotKind,
  host: Host,
  vmid: number,
  values: Values,
): Promise<void> {
  await withLock(host, of.kind, vmid, () => {
    const config = load(host, of.kind, vmid);
    checkLock(config, of.kind);
    const snapshot = snapshotOf(config, String(values["snapname"]));
    if (values["description"] !== undefined) snapshot.description = String(values["description"]);
    of.save(host, vmid, config);
  });
}
