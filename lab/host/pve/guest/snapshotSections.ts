/** Sections of snapshots in a guest's configuration, the same for containers and virtual machines. */
import { copySection, type GuestFile, type Section } from "../config/guest-file";
import { PveError } from "../errors";

/** Throws for a snapshot that the guest does not have. */
export function snapshotOf(config: GuestFile, name: string): Section {
  const found = config.snapshots[name];
  if (!found) throw new PveError(`snapshot '${name}' does not exist`);
  return found;
}

/**
 * Writes the present settings down under a name and locks the guest until the snapshot is there
 * (PVE::AbstractConfig, __snapshot_prepare). Both stay where the worker dies in between.
 */
export function prepareSection(config: GuestFile, name: string, description: string): void {
  const section = copySection(config);
  for (const key of Object.keys(section.values)) if (/^unused\d+$/.test(key)) delete section.values[key];
  section.description = description;
  section.values["snaptime"] = String(Math.floor(Date.now() / 1000));
  section.values["snapstate"] = "prepare";
  config.snapshots[name] = section;
  config.values["lock"] = "snapshot";
}

/** The snapshot is there, on top of the newest one (__snapshot_commit). */
export function commitSection(config: GuestFile, name: string): void {
  delete snapshotOf(config, name).values["snapstate"];
  delete config.values["lock"];
  config.values["parent"] = name;
}

/** Locks the guest until the snapshot is gone; one that is half gone says so (snapshot_delete). */
export function prepareRemoval(config: GuestFile, name: string): void {
  snapshotOf(config, name).values["snapstate"] = "delete";
  config.values["lock"] = "snapshot-delete";
}

/** Throws for one that was cut off while it was made or removed. */
export function checkComplete(config: GuestFile, name: string): void {
  const state = snapshotOf(config, name).values["snapstate"];
  if (state !== undefined)
    throw new PveError(`unable to rollback to incomplete snapshot (snapstate = ${state})`);
}

/** Takes a section and its lock out; what built on it builds on its parent. */
export function removeSection(config: GuestFile, name: string): void {
  delete config.values["lock"];
  const { parent } = snapshotOf(config, name).values;
  delete config.snapshots[name];
  for (const section of [config, ...Object.values(config.snapshots)]) {
    if (section.values["parent"] !== name) continue;
    if (parent === undefined) delete section.values["parent"];
    else section.values["parent"] = parent;
  }
}

/**
 * Puts the settings of a snapshot in force. Unused volumes stay; the note of a snapshot is not the note of the guest:
 * Proxmox VE keeps the guest's own.
 */
export function restoreSection(config: GuestFile, name: string): void {
  const unused = Object.entries(config.values).filter(([key]) => /^unused\d+$/.test(key));
  const { values, lxc } = copySection(snapshotOf(config, name));
  delete values["snaptime"];
  Object.assign(config, { values: { ...values, parent: name }, lxc });
  for (const [key, value] of unused) config.values[key] = value;
  config.pending = { description: "", values: {}, lxc: [] };
}

export interface SnapshotEntry {
  name: string;
  description: string;
  parent?: string;
  snaptime?: number;
  running?: number;
  digest?: string;
}

/** Snapshots and the present state, which is called `current`. */
export function snapshotEntries(config: GuestFile, runs: boolean): SnapshotEntry[] {
  const entries = Object.entries(config.snapshots).map(([name, section]): SnapshotEntry => {
    const { parent, snaptime } = section.values;
    return {
      name,
      description: section.description,
      snaptime: Number(snaptime ?? 0),
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
      running: runs ? 1 : 0,
      ...(parent !== undefined && { parent }),
    },
  ];
}
