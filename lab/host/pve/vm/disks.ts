/** Makes, imports and frees the disks of virtual machines. */
import { existsSync, statSync } from "node:fs";
import { inRoot } from "../../machine/confined";
import type { GuestFile } from "../config/guest-file";
import { PveError } from "../errors";
import type { Values } from "../schema/types";
import { copyTree } from "../storage/dirImages";
import type { Format, Storage } from "../storage/plugin";
import { pluginOf, usableStorage } from "../storage/storages";
import {
  freeVolume,
  locate,
  printSize,
  volumeContents,
  volumeExists,
  volumePath,
  volumeSize,
} from "../storage/volumes";
import type { Host } from "../../types";
import { drives, parseDrive, printDrive } from "./config";
import { fillDisk, imageSize } from "./image";

const GIB = 1024 ** 3;
const MIB = 1024 ** 2;
const NEW_DISK = /^([^:/\s]+):(\d+(?:\.\d+)?)$/;
const CLOUDINIT = /^([^:/\s]+):cloudinit$/;
/** Size of a cloud-init drive (PVE::QemuServer::Cloudinit::CLOUDINIT_DISK_SIZE), and of a state of the TPM. */
export const CLOUDINIT_SIZE = 4 * MIB;
/** OVMF_VARS_4M.fd; a zvol is a whole number of MiB. */
const EFI_SIZE = 528 * 1024;

type Log = (line: string) => void;

function imageStorage(host: Host, id: string): Storage {
  const storage = usableStorage(host, id);
  if (!storage.content.includes("images"))
    throw new PveError(`storage '${id}' does not support content-type 'images'`);
  return storage;
}

const isFileStorage = (storage: Storage): boolean => storage.values["path"] !== undefined;

/** The format a disk gets: the wanted one where the storage has it. */
function formatOn(storage: Storage, wanted: string | undefined): Format {
  if (!isFileStorage(storage)) return "raw";
  return (wanted ?? storage.values["format"] ?? "raw") as Format;
}

/** Makes an empty disk; answers its volume id. `name` without a suffix. */
export function allocDisk(
  host: Host,
  storageId: string,
  vmid: number,
  bytes: number,
  options: { format?: string | undefined; name?: string } = {},
): string {
  const storage = imageStorage(host, storageId);
  const plugin = pluginOf(storage.type);
  plugin.activate(host, storage);
  const format = formatOn(storage, options.format);
  const suffix = isFileStorage(storage) ? `.${format}` : "";
  const name = options.name === undefined ? "" : `${options.name}${suffix}`;
  const size = isFileStorage(storage) ? bytes : Math.ceil(bytes / MIB) * MIB;
  return `${storageId}:${plugin.alloc(host, storage, vmid, name, format, size)}`;
}

/** Where an image to import is, as the daemon sees it; throws what Proxmox VE says of a missing one. */
function sourceOf(host: Host, source: string): { path: string; format?: string; volid?: string } {
  if (source.startsWith("/")) {
    const path = inRoot(host.root, source);
    if (!statSync(path, { throwIfNoEntry: false })?.isFile())
      throw new PveError(`can't find file '${source}'`);
    return { path };
  }
  const { plugin, storage, name } = locate(host, source);
  const { content, format } = plugin.parse(name);
  if (content === "import") {
    const path = inRoot(host.root, volumePath(host, source));
    if (!existsSync(path)) throw new PveError(`failed to stat '${volumePath(host, source)}'`);
    return { path, format };
  }
  if (content !== "images")
    throw new PveError(`cannot import from '${source}' - volume has type '${content}'`);
  if (!plugin.exists(host, storage, name)) throw new PveError(`volume '${source}' does not exist`);
  return { path: "", format, volid: source };
}

/** Copies an image onto a new disk. */
export async function importDisk(
  host: Host,
  vmid: number,
  source: string,
  storageId: string,
  wanted: string | undefined,
  log: Log,
): Promise<string> {
  const from = sourceOf(host, source);
  const size = from.volid === undefined ? imageSize(from.path) : volumeSize(host, from.volid);
  if (size === undefined || size === 0) throw new PveError(`could not get file size of ${source}`);
  if (!source.startsWith("/")) log(`create full clone of drive (${source})`);
  const volid = allocDisk(host, storageId, vmid, size, { format: wanted ?? from.format });
  if (!source.startsWith("/") && host.release === 9) log(`allocated target volume '${volid}'`);
  try {
    await host.latency("qm importdisk");
    const contents = volumeContents(host, volid);
    if (from.volid === undefined) await fillDisk(host, from.path, contents);
    else copyTree(`${volumeContents(host, from.volid)}/.`, contents);
  } catch (error) {
    freeVolume(host, volid);
    throw error;
  }
  return volid;
}

/** Throws for a drive that cannot be, before anything is made. */
export function checkDisk(host: Host, key: string, text: string): void {
  const { values } = parseDrive(host, key, text);
  const file = String(values["file"]);
  if (file === "none" || file === "cdrom" || file.startsWith("/")) return;
  const fresh = NEW_DISK.exec(file) ?? CLOUDINIT.exec(file);
  if (fresh) return void usableStorage(host, fresh[1] ?? "");
  const { plugin, name } = locate(host, file);
  plugin.parse(name);
}

/** What a drive's line asks for, made: answers the line to store, and the volume that was made. */
export async function realizeDisk(
  host: Host,
  vmid: number,
  key: string,
  text: string,
  config: GuestFile,
  log: Log,
): Promise<{ line: string; made?: string }> {
  const { values } = parseDrive(host, key, text);
  const file = String(values["file"]);
  if (file === "none" || file === "cdrom" || file.startsWith("/")) return { line: printDrive(values) };
  const finish = (volid: string, size?: number, more: Values = {}): { line: string; made: string } => {
    const kept = { ...values, ...more };
    delete kept["format"];
    delete kept["import-from"];
    const line = printDrive({ ...kept, file: volid, ...(size !== undefined && { size: printSize(size) }) });
    log(`${key}: successfully created disk '${line}'`);
    return { line, made: volid };
  };
  const format = values["format"] === undefined ? undefined : String(values["format"]);
  const cloudinit = CLOUDINIT.exec(file);
  if (cloudinit) {
    const other = [config, config.pending]
      .flatMap((section) => drives(host, section))
      .find((drive) => drive.cloudinit && drive.key !== key);
    if (other) throw new PveError(`${key} - cloud-init drive is already attached at '${other.key}'`);
    const storageId = cloudinit[1] ?? "";
    const storage = imageStorage(host, storageId);
    const volid = allocDisk(host, storageId, vmid, CLOUDINIT_SIZE, {
      format: isFileStorage(storage) ? (format ?? "qcow2") : undefined,
      name: `vm-${vmid}-cloudinit`,
    });
    return finish(volid, undefined, { media: "cdrom" });
  }
  const fresh = NEW_DISK.exec(file);
  if (fresh) {
    const storageId = fresh[1] ?? "";
    const source = values["import-from"];
    if (source !== undefined) {
      const volid = await importDisk(host, vmid, String(source), storageId, format, log);
      return finish(volid, volumeSize(host, volid) ?? 0);
    }
    const bytes =
      key === "efidisk0"
        ? EFI_SIZE
        : key === "tpmstate0"
          ? CLOUDINIT_SIZE
          : Math.floor(Number(fresh[2]) * GIB);
    const volid = allocDisk(host, storageId, vmid, bytes, { format });
    // Which of Microsoft's certificates Proxmox VE put into the variables.
    const enrolled = host.release === 9 && values["pre-enrolled-keys"] === 1 && values["efitype"] === "4m";
    return finish(volid, volumeSize(host, volid) ?? bytes, enrolled ? { "ms-cert": "2023k" } : {});
  }
  const { plugin, name } = locate(host, file);
  const { content } = plugin.parse(name);
  if (content !== "images" && content !== "iso")
    throw new PveError(`cannot use volume ${file} - content type needs to be 'images' or 'iso'`);
  const size = volumeSize(host, file);
  if (size === undefined) throw new PveError(`volume '${file}' does not exist`);
  return { line: printDrive({ ...values, size: printSize(size) }) };
}

/** Whether a volume is a machine's own. */
export function isOwn(host: Host, vmid: number, volid: string): boolean {
  try {
    const { plugin, name } = locate(host, volid);
    return plugin.parse(name).vmid === vmid;
  } catch {
    return false;
  }
}

/** Frees a machine's own volume when it is there. */
export function freeOwn(host: Host, vmid: number, volid: string): void {
  if (isOwn(host, vmid, volid) && volumeExists(host, volid)) freeVolume(host, volid);
}

/** Whether linked clones build on a volume. */
export function isUsedBase(host: Host, volid: string): boolean {
  const { plugin, storage, name } = locate(host, volid);
  const last = name.slice(name.lastIndexOf("/") + 1);
  if (!last.startsWith("base-")) return false;
  return plugin.list(host, storage).some((other) => other.volid.startsWith(`${storage.id}:${name}/`));
}
