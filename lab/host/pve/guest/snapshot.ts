/** Snapshots of containers. */
import type { Context } from "../context";
import type { Section } from "../config/guest-file";
import { PveError } from "../errors";
import type { Values } from "../schema/types";
import { volumeHas } from "../storage/volumes";
import type { Host } from "../../types";
import { load, mounts, save } from "./config";
import { startContainer, stopNow } from "./power";
import {
  describeSnapshot,
  removeSnapshot,
  restoreSnapshot,
  takeSnapshot,
  type SnapshotKind,
} from "./snapshotLife";
import { snapshotEntries, type SnapshotEntry } from "./snapshotSections";
import { isRunning } from "./state";

/** Whether every mount can be snapshotted: a bind mount never can. */
export function canSnapshot(host: Host, section: Section): boolean {
  return mounts(host, section).every(
    (mount) => mount.type === "volume" && volumeHas(host, mount.volume, "snapshot"),
  );
}

/** What snapshots of containers are made of. */
export const containers: SnapshotKind = {
  kind: "lxc",
  save: (host, vmid, config) => save(host, "lxc", vmid, config),
  disks: (host, section) =>
    mounts(host, section).flatMap(({ key, type, volume }) =>
      type === "volume" ? [{ key, volid: volume }] : [],
    ),
  canSnapshot,
  stop: stopNow,
  work: {
    snapshot: (host) => host.latency("pct snapshot"),
    rollback: (host) => host.latency("pct rollback"),
    delsnapshot: (host) => host.latency("pct delsnapshot"),
  },
};

export async function createSnapshot(context: Context, values: Values): Promise<string> {
  const vmid = Number(values["vmid"]);
  if (values["snapname"] === "current")
    throw new PveError("unable to use snapshot name 'current' (reserved name)");
  return context.fork("vzsnapshot", String(vmid), (log) =>
    takeSnapshot(containers, context, vmid, values, log),
  );
}

export async function rollbackSnapshot(context: Context, values: Values): Promise<string> {
  const vmid = Number(values["vmid"]);
  return context.fork("vzrollback", String(vmid), async () => {
    await restoreSnapshot(containers, context, vmid, String(values["snapname"]));
    if (values["start"] === 1) await startContainer(context, { vmid });
  });
}

export async function deleteSnapshot(context: Context, values: Values): Promise<string> {
  const vmid = Number(values["vmid"]);
  return context.fork("vzdelsnapshot", String(vmid), () =>
    removeSnapshot(containers, context, vmid, String(values["snapname"]), values["force"] === 1),
  );
}

export async function updateSnapshot({ host }: Context, values: Values): Promise<null> {
  await describeSnapshot(containers, host, Number(values["vmid"]), values);
  return null;
}

/** Snapshots and the present state, which is called `current`. */
export const listSnapshots = (host: Host, vmid: number): SnapshotEntry[] =>
  snapshotEntries(load(host, "lxc", vmid), isRunning(host, vmid));
