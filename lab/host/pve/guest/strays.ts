/** Volumes that carry a guest's id, whether its configuration names them or not. */
import type { GuestFile, Section } from "../config/guest-file";
import { pluginOf, storages, usableStorage } from "../storage/storages";
import type { Host } from "../../types";
import { addUnused } from "./config";

export function strays(host: Host, vmid: number): string[] {
  return storages(host).flatMap((storage) => {
    try {
      usableStorage(host, storage.id);
      return pluginOf(storage.type)
        .list(host, storage, vmid)
        .filter((volume) => volume.vmid === vmid && volume.content !== "backup")
        .map(({ volid }) => volid);
    } catch {
      return [];
    }
  });
}

/**
 * Adds an unusedN entry for each volume that neither the guest nor one of its snapshots names.
 * @param volumes the volumes that a section names; undefined is none
 * @param print is told the volume and its new key
 */
export function adoptStrays(
  host: Host,
  vmid: number,
  config: GuestFile,
  volumes: (section: Section) => (string | undefined)[],
  print: (volid: string, key: string) => void,
): void {
  const named = new Set([config, ...Object.values(config.snapshots)].flatMap(volumes));
  for (const [key, value] of Object.entries(config.values)) if (/^unused\d+$/.test(key)) named.add(value);
  for (const volid of strays(host, vmid)
    .filter((one) => !named.has(one))
    .sort())
    print(volid, addUnused(config, volid));
}
