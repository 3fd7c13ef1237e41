import type { Parameters } from "../api/client";
import type { GuestConfig } from "../api/guest";
import type { WireMap } from "../../shared/wire";
import { block, text, texts } from "../values";
import type { VmApi } from "./api";
import {
  bytesOf,
  configuredDisks,
  drive,
  isCloudInit,
  isOwn,
  plannedDisks,
  printDisk,
  storageOf,
} from "./disks";
import type { DiskLine } from "./disks";
import type { Change, Changed } from "./update";

export const noFileId =
  "a disk made from a fileId needs the provider's own SSH connection, which the lab's provider does not have; " +
  "use importFrom";

/** Options that stay as they are on the node; the rest of a disk's line comes from the plan. */
const kept = ["file", "media", "efitype", "pre-enrolled-keys"];

/**
 * Adds the plan's disks to an update, and deletes those on the node that it does not have. Sizes are left
 * out: a disk grows by a call of its own.
 * @throws For a boot disk that would be deleted.
 */
export function prepareDisks(vm: VmApi, planned: WireMap, on: Map<string, DiskLine>, change: Change): void {
  const disks = plannedDisks(planned);
  for (const [at, line] of on) {
    if (disks.has(at) || line["media"] === "cdrom" || isCloudInit(line, vm.vmid)) continue;
    if (texts(planned, "bootOrders").includes(at))
      throw new Error(
        `cannot delete boot disk "${at}". Please remove it from boot order first or change boot order before deleting`,
      );
    change.deleted.push(at);
  }
  for (const [at, line] of disks) {
    const current = on.get(at);
    const sent: DiskLine = { ...line };
    delete sent["size"];
    if (current) {
      // What exists is neither imported nor formatted again.
      delete sent["format"];
      delete sent["import-from"];
      for (const key of kept) if (current[key] !== undefined) sent[key] = current[key];
      if (current["aio"] !== line["aio"] || current["queues"] !== line["queues"]) change.reboot = true;
    }
    change.body[at] = printDisk(sent);
  }
}

export interface DiskChanges {
  /** Disk and the storage it goes to; a running machine has to be stopped first. */
  moves: [disk: string, storage: string][];
  /** Disk and its new size in bytes. */
  resizes: [disk: string, bytes: number][];
}

/**
 * What moves and what grows.
 * @param config The machine's configuration, after the configuration call.
 * @throws For a smaller disk, and for a volume of another guest.
 */
export function planDiskChanges(
  vm: VmApi,
  planned: WireMap,
  before: WireMap,
  changed: Changed,
  config: GuestConfig,
): DiskChanges {
  const changes: DiskChanges = { moves: [], resizes: [] };
  const disks = changed("disks") ? { olds: plannedDisks(before), news: plannedDisks(planned) } : undefined;
  const { olds, news } = disks ?? { olds: new Map<string, DiskLine>(), news: new Map<string, DiskLine>() };
  for (const [key, at] of [
    ["efiDisk", "efidisk0"],
    ["tpmState", "tpmstate0"],
  ] as const)
    if (changed(key)) {
      const [old, young] = [block(before, key), block(planned, key)];
      // The state does not know the volume: the node does.
      const there = drive(config, at)?.["file"];
      if (old)
        olds.set(at, { file: there ?? `${text(old, "datastoreId")}:1`, storage: text(old, "datastoreId") });
      if (young) news.set(at, { file: `${text(young, "datastoreId")}:1` });
    }
  for (const [at, old] of olds) {
    const young = news.get(at);
    if (!young) continue;
    const [volume, size] = [old["file"] ?? "", Number(young["size"])];
    const storage = storageOf(young);
    if ((old["storage"] ?? storageOf(old)) !== storage) {
      if (!isOwn(volume, vm.vmid))
        throw new Error(
          `Cannot move ${volume} to datastore ${storage} in VM ${vm.vmid} configuration, it is not owned by this VM!`,
        );
      changes.moves.push([at, storage]);
    }
    if (young["size"] === undefined || size === Number(old["size"])) continue;
    if (size < Number(old["size"]))
      throw new Error(`Cannot shrink ${volume} in VM ${vm.vmid}, it is not supported!`);
    if (!isOwn(volume, vm.vmid))
      throw new Error(`Cannot resize ${volume} in VM ${vm.vmid}, it is not owned by this VM!`);
    changes.resizes.push([at, size]);
  }
  const on = configuredDisks(config);
  for (const [at, young] of news) {
    const current = on.get(at);
    if (olds.has(at) || current?.["size"] === undefined) continue;
    if (bytesOf(current["size"]) < Number(young["size"]) && isOwn(current["file"] ?? "", vm.vmid))
      changes.resizes.push([at, Number(young["size"])]);
  }
  return changes;
}

/** The lines of grown disks once more: a pending change would bring back the old size. */
export function grownLines(body: Parameters, changes: DiskChanges): Parameters {
  const grown = changes.resizes.map(([at]) => at).filter((at) => at in body);
  return Object.fromEntries(grown.map((at) => [at, body[at] ?? ""]));
}
