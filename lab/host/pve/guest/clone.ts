/** `pct clone` and POST …/clone. */
import type { Context } from "../context";
import { copySection, emptyFile, type GuestFile } from "../config/guest-file";
import { checkPool, joinPool } from "../access/pools";
import { PveError } from "../errors";
import { inHost } from "../paths";
import type { Values } from "../schema/types";
import { storageOf } from "../storage/storages";
import {
  allocContainerVolume,
  freeVolume,
  locate,
  printSize,
  volumeFolder,
  volumeHas,
  volumeSize,
} from "../storage/volumes";
import type { Host } from "../../types";
import { checkLock, checkUnused, isTemplate, load, mounts, remove, save, type Mount } from "./config";
import { withLock } from "./lock";
import { warnOfNesting } from "./nesting";
import { completeNetwork } from "./network";
import { isRunning } from "./state";
import { printMount } from "./volumes";

/**
 * Milliseconds that a copy takes at least, even when the lab does not wait for hardware: clients that clone
 * one source side by side meet its lock, as they do on a node where a copy takes seconds.
 */
const LEAST_COPY = 200;

interface Plan {
  newid: number;
  snapshot: string | undefined;
  storage: string | undefined;
  linked: boolean;
  /** Configuration to copy: the guest's own or a snapshot's. */
  section: GuestFile;
}

function makePlan(host: Host, vmid: number, config: GuestFile, values: Values): Plan {
  const snapshot = values["snapname"] === undefined ? undefined : String(values["snapname"]);
  const section = snapshot === undefined ? config : config.snapshots[snapshot];
  if (!section) throw new PveError(`snapshot '${snapshot}' does not exist`);
  const linked = values["full"] === undefined ? isTemplate(config) : values["full"] === 0;
  if (linked && values["storage"] !== undefined)
    throw new PveError("parameter 'storage' not allowed for linked clones");
  const live = isRunning(host, vmid);
  if (live && !linked && snapshot === undefined)
    throw new PveError(
      host.release === 9
        ? "Full clone of a running container is only possible from a snapshot"
        : "Cannot do full clones on a running container without snapshots",
    );
  for (const mount of mounts(host, section)) {
    if (mount.type !== "volume")
      throw new PveError(`unable to clone mountpoint '${mount.key}' (type ${mount.type})`);
    const options = { ...(snapshot !== undefined && { snapshot }), running: live };
    if (linked && !volumeHas(host, mount.volume, "clone", options))
      throw new PveError(`Linked clone feature for '${mount.volume}' is not available`);
    if (!linked && !volumeHas(host, mount.volume, "copy", options))
      throw new PveError(`Full clone feature for '${mount.volume}' is not available`);
  }
  return {
    newid: Number(values["newid"]),
    snapshot,
    storage: values["storage"] === undefined ? undefined : String(values["storage"]),
    linked,
    section: { ...emptyFile(), ...copySection(section) },
  };
}

/** The new configuration, without its volumes. */
function cloneConfig(host: Host, plan: Plan, values: Values): GuestFile {
  const config = { ...emptyFile(), ...copySection(plan.section) };
  for (const key of ["template", "lock", "parent", "snaptime", "snapstate"]) delete config.values[key];
  for (const [key, value] of Object.entries(config.values)) {
    if (/^unused\d+$/.test(key)) delete config.values[key];
    if (/^net\d+$/.test(key)) config.values[key] = completeNetwork(host, value, true);
  }
  if (values["hostname"] !== undefined) config.values["hostname"] = String(values["hostname"]);
  if (values["description"] !== undefined) config.description = String(values["description"]);
  return config;
}

async function copyMount(host: Host, plan: Plan, mount: Mount): Promise<string> {
  const { plugin, storage, name } = locate(host, mount.volume);
  if (plan.linked) return `${storage.id}:${plugin.link(host, storage, name, plan.newid)}`;
  const target = plan.storage ?? storage.id;
  if (target === storage.id) {
    const made = plugin.duplicate(host, storage, name, plan.snapshot, plan.newid);
    if (made !== undefined) return `${target}:${made}`;
  }
  const volid = allocContainerVolume(host, target, plan.newid, volumeSize(host, mount.volume) ?? 0);
  try {
    await withFiles(host, plan, mount, async (from) => {
      const done = await host.run(["cp", "--archive", `${from}/.`, volumeFolder(host, volid)]);
      if (done.code !== 0) throw new PveError(`copying '${mount.volume}' failed: ${done.stderr.trim()}`);
    });
  } catch (error) {
    freeVolume(host, volid);
    throw error;
  }
  return volid;
}

/**
 * Gives a volume's files, or those of its snapshot. A node mounts the snapshot read-only and copies with rsync
 * (PVE::LXC::copy_volume); the lab makes them visible in a dataset of their own for as long.
 */
async function withFiles(
  host: Host,
  plan: Plan,
  mount: Mount,
  use: (folder: string) => Promise<void>,
): Promise<void> {
  if (plan.snapshot === undefined) return use(volumeFolder(host, mount.volume));
  const { plugin, storage, name } = locate(host, mount.volume);
  if (plugin.snapshotFolder) return use(plugin.snapshotFolder(host, storage, name, plan.snapshot));
  if (storage.type !== "zfspool")
    throw new PveError(`cannot mount subvol snapshots for storage type '${storage.type}'`);
  const pool = storage.values["pool"];
  const dataset = `${pool}/lab-clone-${plan.newid}-${mount.key}`;
  host.zfs.clone(`${pool}/${name.split("/").at(-1)}@${plan.snapshot}`, dataset);
  try {
    await use(host.zfs.mountpoint(dataset));
  } finally {
    host.zfs.destroy(dataset);
  }
}

async function copyVolumes(
  host: Host,
  plan: Plan,
  config: GuestFile,
  log: (line: string) => void,
): Promise<void> {
  const made: string[] = [];
  try {
    for (const mount of mounts(host, plan.section)) {
      log(
        plan.linked
          ? `create linked clone of mount point ${mount.key} (${mount.volume})`
          : `create full clone of mountpoint ${mount.key} (${mount.volume})`,
      );
      await host.latency(plan.linked ? "pct clone linked" : "pct clone");
      const volid = await copyMount(host, plan, mount);
      made.push(volid);
      const size = volumeSize(host, volid) ?? 0;
      config.values[mount.key] = printMount(host, {
        ...mount,
        values: { ...mount.values, volume: volid, size: printSize(size) },
      });
    }
  } catch (error) {
    for (const volid of made.reverse()) freeVolume(host, volid);
    throw error;
  }
}

/** Copies a container, or one of its snapshots, in a task; the source is locked (disk) meanwhile. */
export async function cloneContainer(context: Context, values: Values): Promise<string> {
  const { host } = context;
  const vmid = Number(values["vmid"]);
  const newid = Number(values["newid"]);
  checkPool(host, values);
  load(host, "lxc", vmid);
  if (values["storage"] !== undefined) storageOf(host, String(values["storage"]));
  checkUnused(host, newid);
  const { plan, config } = await withLock(
    host,
    "lxc",
    vmid,
    () => {
      const source = load(host, "lxc", vmid);
      checkLock(source);
      checkUnused(host, newid);
      const planned = makePlan(host, vmid, source, values);
      source.values["lock"] = "disk";
      save(host, "lxc", vmid, source);
      save(host, "lxc", newid, { ...emptyFile(), values: { lock: "create" } });
      return { plan: planned, config: cloneConfig(host, planned, values) };
    },
    context.warn,
  );
  const unlock = () =>
    withLock(host, "lxc", vmid, () => {
      const source = load(host, "lxc", vmid);
      delete source.values["lock"];
      save(host, "lxc", vmid, source);
    });
  return context.fork("vzclone", String(vmid), async (log, warn) => {
    try {
      if (host.release === 9) log(`creating a clone of container ${vmid} with ID ${newid}`);
      await new Promise((resolve) => setTimeout(resolve, LEAST_COPY));
      await copyVolumes(host, plan, config, log);
      warnOfNesting(host, config, warn);
      save(host, "lxc", newid, config);
      joinPool(host, newid, values);
    } catch (error) {
      remove(host, "lxc", newid);
      throw new PveError(`clone failed: ${(error as Error).message}`);
    } finally {
      await unlock();
    }
  });
}

/** Folder of a root volume as the daemon sees it. */
export const daemonFolder = (host: Host, volid: string): string => inHost(host, volumeFolder(host, volid));
