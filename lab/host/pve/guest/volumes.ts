/** A container's own volumes: made from `storage:GiB`, looked up, freed. */
import type { GuestFile, Section } from "../config/guest-file";
import { PveError } from "../errors";
import { printPropertyString } from "../schema/value";
import { pluginOf, storageOf, storages, isDisabled, servesNode } from "../storage/storages";
import {
  allocContainerVolume,
  freeVolume,
  locate,
  printSize,
  volumeFolder,
  volumeSize,
} from "../storage/volumes";
import type { Host } from "../../types";
import { chownSync } from "node:fs";
import { inRoot } from "../../machine/confined";
import { rootIds } from "./idmap";
import { mounts, parseMount, type Mount } from "./config";
import { mountFormat, rootfsFormat } from "./options";

const NEW_DISK = /^([^:\s]+):(\d+(?:\.\d+)?)$/;
const GIB = 1024 ** 3;

export function printMount(host: Host, mount: Mount): string {
  const schema = mount.key === "rootfs" ? rootfsFormat(host.release) : mountFormat(host.release);
  return printPropertyString(schema, mount.values);
}

/** Throws when a mount names a volume that cannot be: no such storage, or no volume id at all. */
export function checkMountSource(host: Host, mount: Mount): void {
  if (mount.type !== "volume") return;
  const fresh = NEW_DISK.exec(mount.volume);
  if (fresh) {
    const storage = storageOf(host, fresh[1] ?? "");
    if (!storage.content.includes("rootdir"))
      throw new PveError(`storage '${storage.id}' does not support container directories`);
    return;
  }
  locate(host, mount.volume);
}

/** Makes the volume of `storage:GiB`, or looks up the size of one that exists; answers the line to store. */
export function realizeMount(
  host: Host,
  vmid: number,
  mount: Mount,
  config: Section,
): { line: string; made?: string } {
  if (mount.type !== "volume") return { line: printMount(host, mount) };
  const fresh = NEW_DISK.exec(mount.volume);
  if (fresh) {
    const bytes = Math.floor(Number(fresh[2]) * GIB);
    const volid = allocContainerVolume(host, fresh[1] ?? "", vmid, bytes);
    const { uid, gid } = rootIds(config);
    chownSync(inRoot(host.root, volumeFolder(host, volid)), uid, gid);
    const values = { ...mount.values, volume: volid, size: printSize(bytes) };
    return { line: printMount(host, { ...mount, values }), made: volid };
  }
  const size = volumeSize(host, mount.volume);
  if (size === undefined) throw new PveError(`volume '${mount.volume}' does not exist`);
  return { line: printMount(host, { ...mount, values: { ...mount.values, size: printSize(size) } }) };
}

/** Makes all volumes of a new container, rootfs first; what was made is freed again when one fails. */
export function realizeAll(
  host: Host,
  vmid: number,
  wanted: Record<string, string>,
  config: Section,
): Record<string, string> {
  const section: Section = { description: "", values: wanted, lxc: [] };
  const lines: Record<string, string> = {};
  const made: string[] = [];
  try {
    for (const mount of mounts(host, section)) {
      const { line, made: volid } = realizeMount(host, vmid, mount, config);
      lines[mount.key] = line;
      if (volid !== undefined) made.push(volid);
    }
    return lines;
  } catch (error) {
    for (const volid of made.reverse()) freeVolume(host, volid);
    throw error;
  }
}

/** Volumes of a configuration, its snapshots and its unusedN entries, that belong to a guest. */
export function ownVolumes(host: Host, vmid: number, config: GuestFile): string[] {
  const found = new Set<string>();
  const add = (volid: string) => {
    if (volid.startsWith("/")) return;
    try {
      const { plugin, name } = locate(host, volid);
      if (plugin.parse(name).vmid === vmid) found.add(volid);
    } catch {
      // A volume of a storage that is gone cannot be freed; Proxmox VE leaves it too.
    }
  };
  for (const section of [config, ...Object.values(config.snapshots)]) {
    for (const mount of mounts(host, section)) if (mount.type === "volume") add(mount.volume);
    for (const [key, value] of Object.entries(section.values)) if (/^unused\d+$/.test(key)) add(value);
  }
  return [...found];
}

/** Volumes on the node's storages that carry the id of a guest. */
export function strayVolumes(host: Host, vmid: number): string[] {
  return storages(host)
    .filter((storage) => !isDisabled(storage) && servesNode(host, storage))
    .flatMap((storage) => {
      try {
        return pluginOf(storage.type).list(host, storage, vmid);
      } catch {
        return [];
      }
    })
    .filter((volume) => volume.vmid === vmid && volume.content !== "backup")
    .map((volume) => volume.volid);
}

/** The mount of a key, or undefined. */
export function mountOf(host: Host, config: Section, key: string): Mount | undefined {
  const text = config.values[key];
  return text === undefined ? undefined : parseMount(host, key, text);
}
