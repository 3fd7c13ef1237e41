/** Volumes by their id, over the plugin of their storage. */
import { PveError } from "../errors";
import type { Host } from "../../types";
import type { Feature, Format, Plugin, Storage } from "./plugin";
import { parseVolumeId, pluginOf, storageOf, usableStorage } from "./storages";

export interface Located {
  plugin: Plugin;
  storage: Storage;
  name: string;
  volid: string;
}

/** The storage and plugin of a volume id; throws when the storage does not exist. */
export function locate(host: Host, volid: string): Located {
  const { storage: id, name } = parseVolumeId(volid);
  const storage = storageOf(host, id);
  return { plugin: pluginOf(storage.type), storage, name, volid };
}

export function volumePath(host: Host, volid: string): string {
  const { plugin, storage, name } = locate(host, volid);
  return plugin.path(host, storage, name);
}

export function volumeExists(host: Host, volid: string): boolean {
  const { plugin, storage, name } = locate(host, volid);
  return plugin.exists(host, storage, name);
}

export function volumeFolder(host: Host, volid: string): string {
  const { plugin, storage, name } = locate(host, volid);
  return plugin.folder(host, storage, name);
}

/** Where the daemon sees the files on a virtual disk. */
export function volumeContents(host: Host, volid: string, snapshot?: string): string {
  const { plugin, storage, name } = locate(host, volid);
  return plugin.contents(host, storage, name, snapshot);
}

export function volumeSize(host: Host, volid: string): number | undefined {
  const { plugin, storage, name } = locate(host, volid);
  return plugin.size(host, storage, name);
}

export function volumeHas(
  host: Host,
  volid: string,
  feature: Feature,
  options: { snapshot?: string; running?: boolean } = {},
): boolean {
  const { plugin, name } = locate(host, volid);
  return plugin.has(feature, name, options);
}

/** Removes a volume; a missing one is no failure. */
export function freeVolume(host: Host, volid: string): string | undefined {
  const { plugin, storage, name } = locate(host, volid);
  return plugin.free(host, storage, name);
}

/** Makes a container's volume of `gib` GiB (0: a plain folder on dir) and returns its id. */
export function allocContainerVolume(host: Host, storageId: string, vmid: number, bytes: number): string {
  const storage = usableStorage(host, storageId);
  if (!storage.content.includes("rootdir"))
    throw new PveError(`storage '${storageId}' does not support container directories`);
  const plugin = pluginOf(storage.type);
  plugin.activate(host, storage);
  const format: Format = storage.type === "zfspool" || bytes === 0 ? "subvol" : "raw";
  return `${storageId}:${plugin.alloc(host, storage, vmid, "", format, bytes)}`;
}

/** A size as configurations hold it: the largest unit that divides it, `0T` for none. */
export function printSize(bytes: number): string {
  if (bytes === 0) return "0T";
  const units = ["", "K", "M", "G", "T"];
  let size = bytes;
  let unit = 0;
  while (unit < units.length - 1 && size % 1024 === 0) {
    size /= 1024;
    unit++;
  }
  return `${size}${units[unit]}`;
}

/** Bytes of a size such as 32G, 512M or 1.5T; undefined when it is none. */
export function parseSize(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)([KMGT]?)$/.exec(text);
  if (!match) return undefined;
  const unit = match[2] ?? "";
  return Math.floor(Number(match[1]) * 1024 ** (unit === "" ? 0 : " KMGT".indexOf(unit)));
}
