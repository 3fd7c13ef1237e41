/** What guests need of a host that another stack may have set up. */
import type { Estate } from "../../config/model";

/** Names of what steps of the host's set-up make, as `makes` of a step and `needs` of a stack have them. */
export const made = {
  storage: (id: string) => `storage ${id}`,
  bridge: (name: string) => `bridge ${name}`,
  user: (name: string) => `user ${name}`,
  driver: "NVIDIA driver",
};

/** By name of what they need: the guests, as `CT 120 beta`. */
export function guestNeeds({ containers, vms, folders }: Estate): Record<string, string[]> {
  const needs: Record<string, string[]> = {};
  const add = (guest: string, names: string[]) => {
    for (const name of new Set(names)) (needs[name] ??= []).push(guest);
  };
  for (const spec of containers) {
    const shared = spec.mounts.flatMap((mount) =>
      folders.filter((folder) => "volume" in mount && folder.volume === mount.volume),
    );
    const storages = [
      ...[spec.storage, spec.template?.storage],
      ...spec.mounts.map((mount) => ("storage" in mount ? mount.storage : undefined)),
      ...shared.map(({ storageId }) => storageId),
    ];
    add(`CT ${spec.ctid} ${spec.name}`, [
      ...storages.filter((id) => id !== undefined).map(made.storage),
      made.bridge(spec.network.bridge),
      ...shared.map(({ owner }) => made.user(owner)),
      ...(spec.gpus.length > 0 || spec.usesDriver ? [made.driver] : []),
    ]);
  }
  for (const spec of vms) {
    const storages = [
      spec.storage,
      ...(spec.agent ? [spec.snippetsStorage] : []),
      spec.image?.storage,
      spec.iso?.storage,
      ...(spec.disks ?? []).map((disk) => disk.storage),
      ...spec.exportStorages,
    ];
    add(`VM ${[spec.vmid, spec.name].filter(Boolean).join(" ")}`, [
      ...storages.filter((id) => id !== undefined).map(made.storage),
      made.bridge(spec.network.bridge),
    ]);
  }
  return needs;
}
