/** Storages: /etc/pve/storage.cfg is the truth, read on each call. */
import { PveError } from "../errors";
import { parseSectionFile, printSectionFile, type Entry } from "../config/section-file";
import { readHost, writeHost } from "../paths";
import type { Host } from "../../types";
import { dir } from "./dir";
import { lvmthin } from "./lvmthin";
import { nfs } from "./nfs";
import type { Plugin, Storage } from "./plugin";
import { zfspool } from "./zfspool";

const FILE = "/etc/pve/storage.cfg";

/** Kinds the lab simulates. Others are known by name and refused. */
const PLUGINS: Record<string, Plugin> = { dir, lvmthin, nfs, zfspool };

/** Every kind of storage that a release knows, as its error text lists them. */
export const storageTypes = (release: 8 | 9): string[] =>
  `btrfs cephfs cifs dir esxi ${release === 8 ? "glusterfs " : ""}iscsi iscsidirect lvm lvmthin nfs pbs rbd zfs zfspool`.split(
    " ",
  );

export function pluginOf(type: string): Plugin {
  const plugin = PLUGINS[type];
  if (!plugin) throw new PveError(`the lab does not simulate storages of type '${type}'`);
  return plugin;
}

const list = (text: string | undefined): string[] => (text ?? "").split(/[,;\s]+/).filter(Boolean);

function toStorage(entry: Entry): Storage {
  const content = list(entry.values["content"]);
  return {
    id: entry.id,
    type: entry.type,
    values: entry.values,
    content: content.length > 0 ? content : [...(PLUGINS[entry.type]?.defaultContent ?? [])],
  };
}

export function storageFile(host: Host): { storages: Storage[]; digest: string } {
  const file = parseSectionFile(readHost(host, FILE) ?? "");
  return { storages: file.entries.map(toStorage), digest: file.digest };
}

export const storages = (host: Host): Storage[] => storageFile(host).storages;

export function writeStorages(host: Host, all: readonly Storage[]): void {
  const fixed = (type: string) =>
    type === "nfs" ? ["export", "path", "server"] : (PLUGINS[type]?.fixed ?? []);
  writeHost(host, FILE, printSectionFile(all, fixed));
}

/** The storage of an id; throws when there is none. */
export function storageOf(host: Host, id: string): Storage {
  const found = storages(host).find((storage) => storage.id === id);
  if (!found) throw new PveError(`storage '${id}' does not exist`);
  return found;
}

export const isDisabled = (storage: Storage): boolean => storage.values["disable"] === "1";

export function servesNode(host: Host, storage: Storage): boolean {
  const nodes = list(storage.values["nodes"]);
  return nodes.length === 0 || nodes.includes(host.node);
}

/** The storage, usable on this node; throws why it is not. */
export function usableStorage(host: Host, id: string): Storage {
  const storage = storageOf(host, id);
  if (isDisabled(storage)) throw new PveError(`storage '${id}' is disabled`);
  if (!servesNode(host, storage))
    throw new PveError(`storage '${id}' is not available on node '${host.node}'`);
  return storage;
}

/** active, inactive or disabled, as `pvesm status` shows it. */
export function storageState(host: Host, storage: Storage): "active" | "inactive" | "disabled" {
  if (isDisabled(storage)) return "disabled";
  try {
    pluginOf(storage.type).activate(host, storage);
    return "active";
  } catch {
    return "inactive";
  }
}

/** Splits `storage:name`; throws when it is neither. */
export function parseVolumeId(volid: string): { storage: string; name: string } {
  const match = /^([a-z][a-z0-9\-_.]*[a-z0-9]):(.+)$/i.exec(volid);
  if (!match) throw new PveError(`unable to parse volume ID '${volid}'`);
  return { storage: match[1] ?? "", name: match[2] ?? "" };
}
