/** `qmrestore`: a machine from its backup, in the place of the one under its id (PVE::QemuServer::restore_vma_archive). */
import { randomUUID } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { inRoot } from "../../machine/confined";
import { emptyFile, parseGuestFile, type GuestFile } from "../config/guest-file";
import type { Context } from "../context";
import { messageOf, PveError } from "../errors";
import { checkUnused, dialect, exists, remove, save } from "../guest/config";
import { withLock } from "../guest/lock";
import { adoptStrays } from "../guest/strays";
import { isRunning } from "../guest/state";
import { writeHost } from "../paths";
import type { Values } from "../schema/types";
import { copyTree } from "../storage/dirImages";
import { storageOf } from "../storage/storages";
import { freeVolume, locate, volumeContents, volumeExists, volumePath } from "../storage/volumes";
import type { Host } from "../../types";
import { drives, loadVm, ownDrives, parseDrive, printDrive, saveVm } from "../vm/config";
import { allocDisk, isOwn } from "../vm/disks";
import { DISK } from "../vm/options";
import { startVm } from "../vm/power";

type Log = (line: string) => void;

interface Device {
  key: string;
  storage: string;
  format: string;
  size: number;
  folder: string;
}

const MAP = /^#qmdump#map:([^:\s]+):([^:\s]+):([^:\s]*):([^:\s]*):$/gm;

/** Path of the archive on the host. */
function pathOf(host: Host, archive: string): string {
  if (archive.startsWith("/")) {
    if (!existsSync(inRoot(host.root, archive))) throw new PveError(`can't find archive file '${archive}'`);
    return archive;
  }
  const { plugin, name } = locate(host, archive);
  if (plugin.parse(name).content !== "backup") throw new PveError(`volume '${archive}' is no backup volume`);
  if (!volumeExists(host, archive)) throw new PveError(`volume '${archive}' does not exist`);
  return volumePath(host, archive);
}

const DECOMPRESS: Record<string, string> = { gz: "zcat", lzo: "lzop -d -c", zst: "zstd -q -d -c" };

async function extract(host: Host, archive: string, folder: string, log: Log): Promise<void> {
  const ending = archive.slice(archive.lastIndexOf(".") + 1);
  const reader = DECOMPRESS[ending] ?? "cat";
  log(`restore vma archive: ${reader} ${archive} | vma extract -v -r /var/tmp/vzdumptmp.fifo - ${folder}`);
  mkdirSync(inRoot(host.root, folder), { recursive: true });
  const script = '$1 "$2" | tar -xpf - --numeric-owner -C "$3"';
  const { code, stderr } = await host.run([
    ...["bash", "-o", "pipefail", "-c", script, "vma", reader, archive, folder],
  ]);
  if (code !== 0)
    throw new PveError(
      `command 'set -o pipefail && ${reader} ${archive} | vma extract …' failed: ${stderr.trim()}`,
    );
}

function devicesOf(host: Host, text: string, folder: string, wanted: Values[string] | undefined): Device[] {
  return [...text.matchAll(MAP)].map(([, key = "", , storage = "", format = ""]) => {
    const contents = inRoot(host.root, `${folder}/disks/${key}`);
    const id = wanted === undefined ? storage || "local" : String(wanted);
    if (!storageOf(host, id).content.includes("images"))
      throw new PveError(`Content type 'images' is not available on storage '${id}'`);
    return {
      key,
      storage: id,
      format,
      size: Number(readFileSync(`${contents}.size`, "utf8")),
      folder: contents,
    };
  });
}

/** Disks that the archive has are freed; others stay, without a place (restore_cleanup_oldconf). */
function clearOld(host: Host, vmid: number, old: GuestFile, devices: readonly Device[]): void {
  for (const { key, volid } of ownDrives(host, old)) {
    if (!isOwn(host, vmid, volid) || !volumeExists(host, volid)) continue;
    if (devices.some((device) => device.key === key)) freeVolume(host, volid);
    else
      for (const name of Object.keys(old.snapshots)) {
        const { plugin, storage, name: volume } = locate(host, volid);
        plugin.deleteSnapshot(host, storage, volume, name);
      }
  }
}

/** The archive's lines with the new disks in their places; a disk that backups leave out is a comment. */
function newConfig(host: Host, text: string, made: ReadonlyMap<string, string>): string {
  return text
    .split("\n")
    .filter((line) => !/^(#qmdump#|#vzdump#|lock:|unused\d+:|parent:)/.test(line))
    .map((line) => {
      const [, key = "", value = ""] = /^([a-z]+\d*): (\S+)\s*$/.exec(line) ?? [];
      if (key === "vmgenid") return `vmgenid: ${randomUUID()}`;
      if (!DISK.test(key)) return line;
      const { values } = parseDrive(host, key, value);
      if (values["backup"] === 0) return `#${line}`;
      const file = made.get(key);
      if (file === undefined) return line;
      delete values["format"];
      return `${key}: ${printDrive({ ...values, file })}`;
    })
    .join("\n");
}

async function build(
  context: Context,
  vmid: number,
  archive: string,
  values: Values,
  log: Log,
): Promise<void> {
  const { host } = context;
  const folder = `/var/tmp/vzdumptmp${vmid}`;
  const made = new Map<string, string>();
  try {
    await extract(host, archive, folder, log);
    const text = readFileSync(inRoot(host.root, `${folder}/qemu-server.conf`), "utf8");
    log(`CFG: size: ${text.length} name: qemu-server.conf`);
    const devices = devicesOf(host, text, folder, values["storage"]);
    devices.forEach(({ key, size }, n) => log(`DEV: dev_id=${n + 1} size: ${size} devname: drive-${key}`));
    const firewall = inRoot(host.root, `${folder}/qemu-server.fw`);
    if (existsSync(firewall)) writeHost(host, `/etc/pve/firewall/${vmid}.fw`, readFileSync(firewall, "utf8"));
    if (exists(host, "qemu", vmid)) {
      const old = loadVm(host, vmid);
      save(host, "qemu", vmid, { ...emptyFile(), values: { memory: "128" } });
      clearOld(host, vmid, old, devices);
    }
    await host.latency("qmrestore");
    for (const { key, storage, format, size, folder: from } of devices) {
      const cloudinit = /cloudinit/.test(new RegExp(`^${key}: (\\S+)`, "m").exec(text)?.[1] ?? "");
      const volid = allocDisk(host, storage, vmid, size, {
        format,
        ...(cloudinit && { name: `vm-${vmid}-cloudinit` }),
      });
      made.set(key, volid);
      log(`new volume ID is '${volid}'`);
      log(`map 'drive-${key}' to '${volumePath(host, volid)}' (write zeros = 0)`);
      if (!cloudinit) copyTree(`${from}/.`, volumeContents(host, volid));
    }
    const config = parseGuestFile(newConfig(host, text, made), vmid, dialect(host, "qemu"));
    log("rescan volumes...");
    adoptStrays(
      host,
      vmid,
      config,
      (section) => drives(host, section).map(({ volid }) => volid),
      (volid, key) => log(`VM ${vmid} add unreferenced volume '${volid}' as '${key}' to config`),
    );
    saveVm(host, vmid, config);
  } catch (error) {
    for (const volid of made.values()) {
      freeVolume(host, volid);
      log(`temporary volume '${volid}' successfully removed`);
    }
    throw error;
  } finally {
    rmSync(inRoot(host.root, folder), { recursive: true, force: true });
  }
}

/** Restores a machine in a task. */
export async function restoreMachine(context: Context, values: Values): Promise<string> {
  const { host } = context;
  const vmid = Number(values["vmid"]);
  const fail = `unable to restore VM ${vmid} -`;
  const there = exists(host, "qemu", vmid);
  if (!there || values["force"] !== 1) {
    try {
      checkUnused(host, vmid);
    } catch (error) {
      throw new PveError(`${fail} ${messageOf(error)}`);
    }
  } else {
    const config = loadVm(host, vmid);
    const { lock, protection } = config.values;
    if (lock !== undefined) throw new PveError(`${fail} VM is locked (${lock})`);
    if (protection === "1") throw new PveError(`${fail} protection mode enabled`);
    if (isRunning(host, vmid)) throw new PveError(`${fail} vm is running`);
  }
  const archive = pathOf(host, String(values["archive"]));
  if (!there) save(host, "qemu", vmid, { ...emptyFile(), values: { lock: "create" } });
  return context.fork("qmrestore", String(vmid), async (log) => {
    try {
      await withLock(host, "qemu", vmid, () => build(context, vmid, archive, values, log));
    } catch (error) {
      if (!there) remove(host, "qemu", vmid);
      throw new PveError(messageOf(error));
    }
    if (values["start"] === 1) await startVm(context, { vmid });
  });
}
