/** A container's backup: an archive of tar with its files, by the ids inside, and its configuration (PVE::VZDump::LXC). */
import { printGuestFile } from "../config/guest-file";
import type { Context } from "../context";
import { PveError } from "../errors";
import { dialect, isTemplate, load, mounts, save, type Mount } from "../guest/config";
import { startContainer, stopNow } from "../guest/power";
import { runMapped } from "../guest/runtime";
import { containers } from "../guest/snapshot";
import { removeSnapshot, takeSnapshot, type SnapshotKind } from "../guest/snapshotLife";
import { isRunning } from "../guest/state";
import { withLock } from "../guest/lock";
import { readHost, writeHost } from "../paths";
import { locate, volumeFolder, volumeHas } from "../storage/volumes";
import type { Host } from "../../types";
import { ModeFailure, type Dump, type Kind, type Log } from "./kind";

/** Whether a mount is in backups, and why (PVE::LXC::Config::mountpoint_backup_enabled). */
export function inBackup({ key, type, values }: Mount): [included: boolean, reason: string] {
  if (key === "rootfs") return [true, "rootfs"];
  if (type !== "volume") return [false, "not a volume"];
  return values["backup"] === 1 ? [true, "enabled"] : [false, "disabled"];
}

const included = (host: Host, vmid: number): Mount[] =>
  mounts(host, load(host, "lxc", vmid)).filter((mount) => inBackup(mount)[0]);

const SNAPSHOT = "vzdump";

/** Snapshots for a backup take what is in it, and leave the rest alone. */
const ofBackup: SnapshotKind = {
  ...containers,
  disks: (host, section) =>
    mounts(host, section).flatMap((mount) =>
      inBackup(mount)[0] ? [{ key: mount.key, volid: mount.volume }] : [],
    ),
  canSnapshot: (host, section) =>
    mounts(host, section)
      .filter((mount) => inBackup(mount)[0])
      .every((mount) => volumeHas(host, mount.volume, "snapshot")),
};

function setLock(host: Host, vmid: number, lock: string | undefined): Promise<void> {
  return withLock(host, "lxc", vmid, () => {
    const config = load(host, "lxc", vmid);
    if (lock === undefined) delete config.values["lock"];
    else config.values["lock"] = lock;
    save(host, "lxc", vmid, config);
  });
}

/** Work that Proxmox VE does without its own lock: it lets go of it for that while. */
async function unlocked(host: Host, vmid: number, work: () => Promise<void>): Promise<void> {
  await setLock(host, vmid, undefined);
  await work();
  await setLock(host, vmid, "backup");
}

function announce({ host }: Context, { vmid }: Dump, log: Log): void {
  const config = load(host, "lxc", vmid);
  if (config.values["hostname"] !== undefined) log(`CT Name: ${config.values["hostname"]}`);
  for (const mount of mounts(host, config)) {
    const [taken, reason] = inBackup(mount);
    log(
      taken
        ? `including mount point ${mount.key} ('${mount.mp}') in backup`
        : `excluding ${mount.type} mount point ${mount.key} ('${mount.mp}') from backup (${reason})`,
    );
  }
}

/** The folders that are archived, by their places inside. */
function sources(host: Host, dump: Dump): { mp: string; folder: string }[] {
  return included(host, dump.vmid).map(({ mp, volume }) => {
    const { plugin, storage, name } = locate(host, volume);
    const at = dump.mode === "snapshot" ? plugin.snapshotFolder?.(host, storage, name, SNAPSHOT) : undefined;
    return { mp, folder: at ?? volumeFolder(host, volume) };
  });
}

/** The configuration as the archive has it: without what belongs to this moment. */
function assemble({ host }: Context, { vmid, tmpdir }: Dump): void {
  const config = load(host, "lxc", vmid);
  const values = { ...config.values };
  for (const key of ["lock", "parent"]) delete values[key];
  const text = printGuestFile(
    { ...config, values, snapshots: {}, pending: { description: "", values: {}, lxc: [] } },
    dialect(host, "lxc"),
  );
  writeHost(host, `${tmpdir}/etc/vzdump/pct.conf`, text, 0o644);
  writeHost(host, `${tmpdir}/etc/vzdump/pct.fw`, readHost(host, `/etc/pve/firewall/${vmid}.fw`) ?? "", 0o644);
}

/** What the lab keeps in the root of a container that runs. */
const LAB = ".lab-work";

/** Patterns of paths with a / first are anchored, as tar has them. */
function exclusions(patterns: readonly string[]): string[] {
  const anchored = patterns.filter((one) => one.startsWith("/"));
  const others = patterns.filter((one) => !one.startsWith("/"));
  return [
    ...["--no-anchored", ...others.map((one) => `--exclude=${one}`)],
    ...["--anchored", `--exclude=./${LAB}`, ...anchored.map((one) => `--exclude=.${one}`)],
  ];
}

/** Each part is appended, as a part of another volume lies in a folder of its own on the lab. */
const ARCHIVE = `
set -e
target=$1 tmpdir=$2 compress=$3
shift 3
part=$tmpdir/archive.tar
tar -cpf "$part" --numeric-owner --sparse --directory="$tmpdir" ./etc/vzdump/pct.conf ./etc/vzdump/pct.fw
while [ "$#" -gt 0 ] && [ "$1" != -- ]; do
  tar -rpf "$part" --numeric-owner --sparse --one-file-system --warning=no-file-ignored --warning=no-file-changed \\
    --directory="$2" --transform="s,^\\.,.$1,S" "\${@:4:$3}" . || [ "$?" = 1 ]
  shift $((3 + $3))
done
if [ -n "$compress" ]; then $compress <"$part" >"$target"; else cat "$part" >"$target"; fi
rm -f "$part"
`;

async function archive({ host }: Context, dump: Dump, log: Log): Promise<void> {
  const config = load(host, "lxc", dump.vmid);
  const flags = exclusions(dump.exclude);
  const parts = sources(host, dump).flatMap(({ mp, folder }) => [
    ...[mp === "/" ? "" : mp, folder, String(flags.length)],
    ...flags,
  ]);
  // The files of the archive are root's of the node; what is read is read as root of the container.
  await host.run(["chmod", "-R", "a+rwX", dump.tmpdir]);
  const { code, stderr } = await runMapped(host, config, [
    ...["bash", "-c", ARCHIVE, "vzdump", `${dump.tmpdir}/archive`, dump.tmpdir, dump.compress, ...parts],
  ]);
  for (const line of stderr.split("\n").filter(Boolean)) log(line);
  if (code !== 0) throw new PveError(`command 'tar cpf - …' failed: exit code ${code}`);
  const moved = await host.run([
    ...["bash", "-c", 'cat "$1" >"$2" && rm -f "$1"', "vzdump", `${dump.tmpdir}/archive`, dump.tmptar],
  ]);
  if (moved.code !== 0) throw new PveError(moved.stderr.trim());
}

export const container: Kind = {
  type: "lxc",
  extension: "tar",
  isRunning: (host, vmid) => isRunning(host, vmid),
  nameOf: (host, vmid) => load(host, "lxc", vmid).values["hostname"] ?? `CT${vmid}`,
  async lock(host, vmid) {
    const config = load(host, "lxc", vmid);
    const { lock } = config.values;
    if (lock !== undefined) throw new PveError(`CT is locked (${lock})`);
    await setLock(host, vmid, "backup");
  },
  unlock: (host, vmid) => setLock(host, vmid, undefined),
  async prepare(context, dump, log) {
    const { host } = context;
    announce(context, dump, log);
    if (dump.mode !== "snapshot") return;
    const config = load(host, "lxc", dump.vmid);
    if (!ofBackup.canSnapshot(host, config) || isTemplate(config))
      throw new ModeFailure("mode failure - some volumes do not support snapshots");
    if (config.snapshots[SNAPSHOT]) {
      log("found old vzdump snapshot (force removal)");
      await unlocked(host, dump.vmid, () => removeSnapshot(ofBackup, context, dump.vmid, SNAPSHOT, true));
    }
  },
  async hold(context, dump, log) {
    const { host } = context;
    const { vmid } = dump;
    if (dump.mode === "stop") {
      await stopNow(host, vmid);
    } else if (dump.mode === "snapshot") {
      log("create storage snapshot 'vzdump'");
      const values = { snapname: SNAPSHOT, description: "vzdump backup snapshot" };
      await unlocked(host, vmid, () => takeSnapshot(ofBackup, context, vmid, values, () => undefined));
    } else {
      for (const which of ["first", "final"]) {
        log(`starting ${which} sync /proc/1/root/ to ${dump.tmpdir}`);
        log(`${which} sync finished - transferred 0 bytes in 0s`);
      }
    }
  },
  async letGo(context, { vmid, mode }) {
    if (mode === "stop") await startContainer({ ...context, fork: inPlace }, { vmid, skiplock: 1 });
  },
  assemble,
  archive,
  async cleanUp(context, dump, log) {
    const { host } = context;
    if (!load(host, "lxc", dump.vmid).snapshots[SNAPSHOT]) return;
    log("cleanup temporary 'vzdump' snapshot");
    await removeSnapshot(ofBackup, context, dump.vmid, SNAPSHOT, false);
  },
};

/** Work of another task as part of this one. */
const inPlace: Context["fork"] = async (_type, _id, work) => {
  await work(
    () => undefined,
    () => undefined,
  );
  return "";
};
