/** `pvesm add|set|remove|alloc|free` and /storage. */
import { ParameterError, PveError } from "../errors";
import type { Context } from "../context";
import type { Values } from "../schema/types";
import type { Host } from "../../types";
import type { Format, Storage } from "./plugin";
import { isDisabled, pluginOf, storageFile, storages, usableStorage, writeStorages } from "./storages";
import { locate } from "./volumes";

const NOT_VALUES = new Set(["storage", "type", "delete", "digest", "node"]);

const items = (value: string | number | undefined): string[] =>
  String(value ?? "")
    .split(/[,;\s]+/)
    .filter(Boolean);

/** The values of an entry, with content sorted as the file holds it. */
function valuesOf(values: Values): Record<string, string> {
  const kept = Object.entries(values).filter(([key]) => !NOT_VALUES.has(key));
  const out = Object.fromEntries(kept.map(([key, value]) => [key, String(value)]));
  if (out["content"] !== undefined) out["content"] = [...new Set(items(out["content"]))].sort().join(",");
  if (out["disable"] === "0") delete out["disable"];
  return out;
}

/** Each unsupported type is warned about, as `none` becomes of them in Proxmox VE's own check. */
function checkContent(context: Context, type: string, content: string | undefined, prefix: string): void {
  if (content === undefined) return;
  const plugin = pluginOf(type);
  for (const kind of items(content)) {
    if (plugin.content.includes(kind)) continue;
    context.warn(`storage does not support content type '${kind}'`);
    throw new PveError(`${prefix}storage does not support content type 'none'`);
  }
}

function checkOptions(type: string, values: Record<string, string>): void {
  const plugin = pluginOf(type);
  for (const key of plugin.required)
    if (values[key] === undefined) throw new PveError(`missing value for required option '${key}'`);
  const known = [...plugin.fixed, ...plugin.required, ...plugin.options];
  for (const key of Object.keys(values))
    if (!known.includes(key)) throw new PveError(`unexpected property '${key}'`);
}

/** Adds a storage; nothing is stored when it cannot be used. */
export function addStorage(context: Context, input: Values): { storage: string; type: string } {
  const { host } = context;
  const id = String(input["storage"]);
  const type = String(input["type"]);
  const values = valuesOf(input);
  checkOptions(type, values);
  checkContent(context, type, values["content"], "");
  const all = storages(host);
  if (all.some((storage) => storage.id === id))
    throw new PveError(`create storage failed: storage ID '${id}' already defined`);
  if (type === "nfs" || type === "cifs") values["path"] ??= `/mnt/pve/${id}`;
  const plugin = pluginOf(type);
  const content = items(values["content"] ?? plugin.defaultContent.join(","));
  const storage: Storage = { id, type, values, content };
  if (!isDisabled(storage)) {
    try {
      plugin.activate(host, storage);
    } catch (error) {
      throw new PveError(`create storage failed: ${(error as Error).message}`);
    }
  }
  if (type === "zfspool") {
    const pool = values["pool"] ?? "";
    values["mountpoint"] ??= host.zfs.exists(pool) ? host.zfs.mountpoint(pool) : `/${pool}`;
  }
  writeStorages(host, [...all, storage]);
  return { storage: id, type };
}

export function setStorage(context: Context, input: Values): { storage: string; type: string } {
  const { host } = context;
  const id = String(input["storage"]);
  const all = storages(host);
  const storage = all.find((entry) => entry.id === id);
  if (!storage) throw new PveError(`update storage failed: storage '${id}' does not exist`);
  const { digest } = storageFile(host);
  if (input["digest"] !== undefined && input["digest"] !== digest)
    throw new PveError(
      "update storage failed: detected modified configuration - file changed by other user? Try again.",
    );
  const plugin = pluginOf(storage.type);
  const changes = valuesOf(input);
  for (const key of Object.keys(changes)) {
    const fixed = plugin.fixed.includes(key) || plugin.required.includes(key);
    if (fixed && changes[key] !== storage.values[key])
      throw new PveError(`update storage failed: can't change value of fixed parameter '${key}'`);
    if (!fixed && !plugin.options.includes(key))
      throw new PveError(`update storage failed: unexpected property '${key}'`);
  }
  checkContent(context, storage.type, changes["content"], "update storage failed: ");
  for (const key of items(input["delete"])) {
    if (plugin.fixed.includes(key) || plugin.required.includes(key))
      throw new PveError(`update storage failed: unable to delete required option '${key}'`);
    if (!plugin.options.includes(key)) throw new PveError(`update storage failed: no such option '${key}'`);
    if (changes[key] !== undefined)
      throw new PveError(
        `update storage failed: unable to set and delete property '${key}' at the same time!`,
      );
    delete storage.values[key];
  }
  Object.assign(storage.values, changes);
  if (input["disable"] === 0) delete storage.values["disable"];
  storage.content = items(storage.values["content"] ?? plugin.defaultContent.join(","));
  if (!isDisabled(storage) && storage.type === "dir") plugin.activate(host, storage);
  writeStorages(host, all);
  return { storage: id, type: storage.type };
}

export function removeStorage(host: Host, id: string): null {
  const all = storages(host);
  if (!all.some((storage) => storage.id === id))
    throw new PveError(`delete storage failed: storage '${id}' does not exist`);
  writeStorages(
    host,
    all.filter((storage) => storage.id !== id),
  );
  return null;
}

/** Makes a volume; `size` as given: KiB, or with a unit. */
export function allocVolume(host: Host, values: Values): string {
  const storage = usableStorage(host, String(values["storage"]));
  const plugin = pluginOf(storage.type);
  const text = String(values["size"]);
  const match = /^(\d+(?:\.\d+)?)([KMGT]?)$/.exec(text);
  if (!match) throw new ParameterError({ size: "value does not match the regex pattern" });
  const unit = match[2] || "K";
  const bytes = Math.floor(Number(match[1]) * 1024 ** " KMGT".indexOf(unit));
  const name = String(values["filename"]);
  const suffix = /\.(raw|qcow2|vmdk|subvol)$/.exec(name)?.[1];
  const format = (values["format"] ?? suffix ?? "raw") as Format;
  plugin.activate(host, storage);
  return `${storage.id}:${plugin.alloc(host, storage, Number(values["vmid"]), name, format, bytes)}`;
}

/** The volume id of a parameter that may leave out the storage when one is given. */
export function completeVolumeId(value: string, storage: string | undefined): string {
  if (/^[a-z][a-z0-9\-_.]*[a-z0-9]:/i.test(value)) return value;
  if (storage !== undefined) return `${storage}:${value}`;
  throw new ParameterError({ volume: "no storage specified - incomplete volume ID" });
}

/** Removes a volume; answers the warning of one that was not there. */
export function removeVolume(host: Host, volid: string): string | undefined {
  const { plugin, storage, name } = locate(host, volid);
  plugin.parse(name);
  return plugin.free(host, storage, name);
}
