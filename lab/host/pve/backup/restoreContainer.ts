/** `pct restore`: a container from its backup, in the place of the one under its id (PVE::API2::LXC, PVE::LXC::Create). */
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { inRoot } from "../../machine/confined";
import { emptyFile, parseGuestFile, type GuestFile } from "../config/guest-file";
import type { Context } from "../context";
import { messageOf, PveError } from "../errors";
import { archivePath, unpack } from "../guest/archive";
import { dialect, exists, load, mounts, parseMount, remove, save, type Mount } from "../guest/config";
import { withLock } from "../guest/lock";
import { startContainer } from "../guest/power";
import { isRunning } from "../guest/state";
import { mountOf, ownVolumes, printMount, realizeAll } from "../guest/volumes";
import { inHost, writeHost } from "../paths";
import type { Values } from "../schema/types";
import { freeVolume, parseSize, volumeFolder } from "../storage/volumes";
import { storageOf } from "../storage/storages";
import type { Host } from "../../types";

type Log = (line: string) => void;

/** Keys of the backed-up configuration that do not count (sanitize_and_merge_config). */
const LEFT_OUT = /^(rootfs|mp\d+|unused\d+|unprivileged|parent|template|lock)$/;

async function configOf(host: Host, archive: string, vmid: number): Promise<GuestFile> {
  const { code, stdout, stderr } = await host.run(["tar", "-xOf", archive, "./etc/vzdump/pct.conf"]);
  if (code !== 0)
    throw new PveError(`ERROR: archive contains no configuration file\n${stderr.trim()}`.trim());
  return parseGuestFile(stdout, vmid, dialect(host, "lxc"));
}

/** Where every volume goes: as the call says, else each of the archive's on one storage, with its size. */
function wantedMounts(host: Host, given: Record<string, string>, from: GuestFile, storage: string) {
  const own = Object.entries(given).filter(([key]) => key === "rootfs" || /^mp\d+$/.test(key));
  if (own.length > 0) {
    if (given["rootfs"] === undefined)
      throw new PveError("mount points configured, but 'rootfs' not set - aborting");
    return { volumes: Object.fromEntries(own), delayed: {} };
  }
  const volumes: Record<string, string> = {};
  const delayed: Record<string, string> = {};
  for (const mount of mounts(host, from)) {
    if (mount.type !== "volume") {
      delayed[mount.key] = printMount(host, mount);
      continue;
    }
    const { size, ...values } = mount.values;
    if (size === undefined)
      throw new PveError(`unable to detect disk size - please specify ${mount.key} (size)`);
    const gib = (parseSize(String(size)) ?? 0) / 1024 ** 3;
    volumes[mount.key] = printMount(host, { ...mount, values: { ...values, volume: `${storage}:${gib}` } });
  }
  if (volumes["rootfs"] === undefined)
    throw new PveError("rootfs configuration could not be recovered, please check and specify manually!");
  return { volumes, delayed };
}

/** What lies in a mount's place goes into its volume: the archive has one tree. */
async function spread(host: Host, root: string, all: readonly Mount[]): Promise<void> {
  for (const { mp, volume, type } of all) {
    if (mp === "/" || type !== "volume") continue;
    const script = '[ ! -d "$1" ] || { cp -a -- "$1/." "$2/" && find "$1" -mindepth 1 -delete; }';
    const { code, stderr } = await host.run([
      ...["bash", "-c", script, "pct", `${root}${mp}`, volumeFolder(host, volume)],
    ]);
    if (code !== 0) throw new PveError(stderr.trim());
  }
}

/** What the archive says of the container, where the call does not. */
function merge(host: Host, vmid: number, config: GuestFile, root: string): void {
  const file = inRoot(host.root, join(root, "etc/vzdump/pct.conf"));
  const from = parseGuestFile(readFileSync(file, "utf8"), vmid, dialect(host, "lxc"));
  rmSync(file);
  for (const [key, value] of Object.entries(from.values))
    if (!LEFT_OUT.test(key)) config.values[key] ??= value;
  config.description ||= from.description;
  config.lxc = from.lxc;
  const firewall = inRoot(host.root, join(root, "etc/vzdump/pct.fw"));
  if (!existsSync(firewall)) return;
  const text = readFileSync(firewall, "utf8");
  if (text !== "") writeHost(host, `/etc/pve/firewall/${vmid}.fw`, text);
  rmSync(firewall);
}

interface Restore {
  vmid: number;
  archive: string;
  values: Values;
  changes: Record<string, string>;
}

async function build(
  context: Context,
  { vmid, archive, values, changes }: Restore,
  log: Log,
): Promise<GuestFile> {
  const { host } = context;
  const old = exists(host, "lxc", vmid) ? load(host, "lxc", vmid) : emptyFile();
  log(`recovering backed-up configuration from '${String(values["ostemplate"])}'`);
  const from = await configOf(host, archive, vmid);
  const config = emptyFile();
  for (const [key, value] of Object.entries(changes))
    if (!/^(rootfs|mp\d+)$/.test(key)) config.values[key] = value;
  const unprivileged = changes["unprivileged"] ?? from.values["unprivileged"];
  if (unprivileged === "1") config.values["unprivileged"] = "1";
  else delete config.values["unprivileged"];
  config.lxc = from.lxc;
  const storage = storageOf(host, String(values["storage"] ?? "local")).id;
  const { volumes, delayed } = wantedMounts(host, changes, from, storage);
  for (const [key, text] of Object.entries(volumes)) parseMount(host, key, text);
  Object.assign(config.values, realizeAll(host, vmid, volumes, config));
  // From here on the container of before is gone, also where this fails.
  for (const volid of ownVolumes(host, vmid, old)) freeVolume(host, volid);
  try {
    const root = volumeFolder(host, mountOf(host, config, "rootfs")?.volume ?? "");
    log(`restoring '${String(values["ostemplate"])}' now..`);
    log(`extracting archive '${archive}'`);
    await host.latency("pct restore");
    mkdirSync(inRoot(host.root, root), { recursive: true });
    await unpack(host, config, archive, root, log);
    await spread(host, root, mounts(host, config));
    log("merging backed-up and given configuration..");
    merge(host, vmid, config, root);
  } catch (error) {
    for (const volid of ownVolumes(host, vmid, config)) freeVolume(host, volid);
    throw error;
  }
  Object.assign(config.values, delayed);
  return config;
}

/** Restores a container in a task. `changes` are the options that the call gives. */
export async function restoreContainer(
  context: Context,
  values: Values,
  changes: Record<string, string>,
): Promise<string> {
  const { host } = context;
  const vmid = Number(values["vmid"]);
  const there = exists(host, "lxc", vmid);
  const running = () => {
    if (isRunning(host, vmid)) throw new PveError("can't overwrite running container");
  };
  if (there) {
    running();
    if (load(host, "lxc", vmid).values["protection"] === "1")
      throw new PveError(`unable to restore CT ${vmid} - protection mode enabled`);
  }
  const archive = archivePath(host, String(values["ostemplate"]));
  const storage = storageOf(host, String(values["storage"] ?? "local"));
  if (changes["rootfs"] === undefined && !storage.content.includes("rootdir"))
    throw new PveError(
      `400 Parameter verification failed.\nstorage: storage '${storage.id}' does not support container directories`,
    );
  const before = there ? load(host, "lxc", vmid) : emptyFile();
  if (before.values["lock"] !== undefined)
    throw new PveError(`unable to restore CT ${vmid} - CT is locked (${before.values["lock"]})`);
  save(host, "lxc", vmid, { ...before, values: { ...before.values, lock: "create" } });
  return context.fork("vzrestore", String(vmid), async (log) => {
    let config: GuestFile;
    try {
      running();
      config = await withLock(host, "lxc", vmid, () =>
        build(context, { vmid, archive, values, changes }, log),
      );
    } catch (error) {
      // Nothing is left of the container of before once its volumes are gone.
      if (there && ownVolumes(host, vmid, before).length > 0 && volumesStand(host, vmid, before))
        save(host, "lxc", vmid, before);
      else remove(host, "lxc", vmid);
      throw new PveError(`unable to restore CT ${vmid} - ${messageOf(error)}`);
    }
    save(host, "lxc", vmid, config);
    if (values["start"] === 1) await startContainer(context, { vmid });
  });
}

const volumesStand = (host: Host, vmid: number, config: GuestFile): boolean =>
  ownVolumes(host, vmid, config).every((volid) => existsSync(inHost(host, volumeFolder(host, volid))));
