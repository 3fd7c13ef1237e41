/** Guests' configuration files: the truth about them, read on each call. */
import { existsSync, readdirSync } from "node:fs";
import {
  type Dialect,
  type GuestFile,
  parseGuestFile,
  printGuestFile,
  type Section,
} from "../config/guest-file";
import { PveError } from "../errors";
import { inHost, readHost, removeHost, writeHost } from "../paths";
import { parsePropertyString, verifyValue } from "../schema/value";
import type { Values } from "../schema/types";
import type { Host } from "../../types";
import { containerOptions, INTERNAL_KEYS, mountFormat, rootfsFormat } from "./options";
import { vmOptions, VM_INTERNAL_KEYS } from "../vm/options";

export type Kind = "lxc" | "qemu";

const folder = (kind: Kind): string => (kind === "lxc" ? "lxc" : "qemu-server");
const file = (host: Host, kind: Kind, vmid: number): string =>
  `/etc/pve/nodes/${host.node}/${folder(kind)}/${vmid}.conf`;

export function dialect(host: Host, kind: Kind): Dialect {
  const options = kind === "lxc" ? containerOptions(host.release) : vmOptions();
  const internal = kind === "lxc" ? INTERNAL_KEYS : VM_INTERNAL_KEYS;
  return {
    pending: kind === "lxc" ? "pve:pending" : "PENDING",
    raw: kind === "lxc",
    check(key, value) {
      if (internal.has(key)) return undefined;
      const property = options[key];
      if (!property) return `unknown setting '${key}'`;
      return verifyValue(property, value, host.release).error?.replaceAll("\u0000", key);
    },
  };
}

export const exists = (host: Host, kind: Kind, vmid: number): boolean =>
  existsSync(inHost(host, file(host, kind, vmid)));

/** The configuration of a guest; throws Proxmox VE's text when there is none. */
export function load(host: Host, kind: Kind, vmid: number, warn?: (message: string) => void): GuestFile {
  const text = readHost(host, file(host, kind, vmid));
  if (text === undefined)
    throw new PveError(`Configuration file 'nodes/${host.node}/${folder(kind)}/${vmid}.conf' does not exist`);
  return parseGuestFile(text, vmid, dialect(host, kind), warn);
}

export function save(host: Host, kind: Kind, vmid: number, config: GuestFile): void {
  if (kind === "lxc") dropUsedUnused(host, config);
  writeHost(host, file(host, kind, vmid), printGuestFile(config, dialect(host, kind)));
}

export function remove(host: Host, kind: Kind, vmid: number): void {
  removeHost(host, file(host, kind, vmid));
}

/** Ids of a kind, ascending. */
export function list(host: Host, kind: Kind): number[] {
  const path = inHost(host, `/etc/pve/nodes/${host.node}/${folder(kind)}`);
  if (!existsSync(path)) return [];
  return readdirSync(path)
    .map((name) => /^(\d+)\.conf$/.exec(name)?.[1])
    .filter((id) => id !== undefined)
    .map(Number)
    .sort((a, b) => a - b);
}

/** Throws when an id is taken by any guest of the cluster: other nodes are folders beside this one's. */
export function checkUnused(host: Host, vmid: number): void {
  const nodes = readdirSync(inHost(host, "/etc/pve/nodes"));
  for (const node of [host.node, ...nodes])
    for (const kind of ["lxc", "qemu"] as const)
      if (existsSync(inHost(host, `/etc/pve/nodes/${node}/${folder(kind)}/${vmid}.conf`)))
        throw new PveError(`${kind === "lxc" ? "CT" : "VM"} ${vmid} already exists on node '${node}'`);
}

/** A mount of a container: what `rootfs` and `mpN` hold. */
export interface Mount {
  key: string;
  type: "volume" | "bind" | "device";
  values: Values;
  /** Volume id, or the path on the host. */
  volume: string;
  /** Path inside the guest; `/` for rootfs. */
  mp: string;
}

export function parseMount(host: Host, key: string, text: string): Mount {
  const schema = key === "rootfs" ? rootfsFormat(host.release) : mountFormat(host.release);
  const values = parsePropertyString(schema, text, host.release);
  const volume = String(values["volume"]);
  const type = volume.startsWith("/dev/") ? "device" : volume.startsWith("/") ? "bind" : "volume";
  return { key, type, values, volume, mp: key === "rootfs" ? "/" : String(values["mp"]) };
}

/** rootfs, then mpN by number. Unreadable ones are left out, as Proxmox VE does. */
export function mounts(host: Host, section: Section): Mount[] {
  const keys = Object.keys(section.values)
    .filter((key) => key === "rootfs" || /^mp\d+$/.test(key))
    .sort((a, b) => number(a) - number(b));
  return keys.flatMap((key) => {
    try {
      return [parseMount(host, key, section.values[key] ?? "")];
    } catch {
      return [];
    }
  });
}

const number = (key: string): number => (key === "rootfs" ? -1 : Number(key.slice(2)));

/** An unusedN whose volume is in use again is dropped when the file is written. */
function dropUsedUnused(host: Host, config: GuestFile): void {
  const used = new Set(mounts(host, config).map((mount) => mount.volume));
  for (const key of Object.keys(config.values))
    if (/^unused\d+$/.test(key) && used.has(config.values[key] ?? "")) delete config.values[key];
}

/** Adds an unusedN entry for a volume; returns its key. */
export function addUnused(section: Section, volid: string): string {
  for (const [key, value] of Object.entries(section.values))
    if (/^unused\d+$/.test(key) && value === volid) return key;
  let n = 0;
  while (section.values[`unused${n}`] !== undefined) n++;
  section.values[`unused${n}`] = volid;
  return `unused${n}`;
}

export function checkLock(config: GuestFile, kind: Kind = "lxc"): void {
  const lock = config.values["lock"];
  if (lock !== undefined) throw new PveError(`${kind === "lxc" ? "CT" : "VM"} is locked (${lock})`);
}

export const isTemplate = (config: Section): boolean => config.values["template"] === "1";
