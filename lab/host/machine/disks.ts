/** The host's disks: what is on them, and their nodes below /dev. */
import { existsSync, rmSync, symlinkSync } from "node:fs";
import { basename, join } from "node:path";
import type { Disk, Machine, Store } from "../types";
import { inRoot } from "./confined";
import { mknod } from "./rootfs/nodes";
import type { Pool } from "./zfs/state";

/**
 * Block devices get a major number that no driver of the machine has: `[ -b … ]` is true, opening one says
 * "No such device or address". 60 is reserved for local use (Documentation/admin-guide/devices.txt).
 */
export const blockMajor = 60;

/** What tools find on a disk. */
export type Content =
  | { kind: "blank" }
  | { kind: "filesystem"; type: string; label?: string }
  /** A partition table with ZFS on its first partition, as zpool makes on a whole disk. */
  | { kind: "zfs"; pool: Pool };

/** Partitions that zpool makes on a whole disk: data, and 8 MiB at the end. */
export const zfsPartitions = [1, 9];
export const reservedBytes = 8 * 1024 ** 2;

export class Disks {
  readonly #root: string;
  readonly #machine: Machine;
  readonly #store: Store;
  readonly #memberships: () => Map<string, Pool>;

  constructor(root: string, machine: Machine, store: Store, memberships: () => Map<string, Pool>) {
    this.#root = root;
    this.#machine = machine;
    this.#store = store;
    this.#memberships = memberships;
  }

  all(): Disk[] {
    return this.#machine.disks;
  }

  find(device: string): Disk | undefined {
    return this.#machine.disks.find((disk) => disk.device === device);
  }

  content(device: string): Content {
    const pool = this.#memberships().get(device);
    if (pool !== undefined) return { kind: "zfs", pool };
    const initial = this.find(device)?.content;
    if (initial === undefined || this.#cleared().includes(device)) return { kind: "blank" };
    return { kind: "filesystem", ...initial };
  }

  /** Forgets what the machine file put on a disk. */
  clear(device: string): void {
    this.#store.set("clearedDisks", [...new Set([...this.#cleared(), device])]);
  }

  /**
   * The disk that a path of the host leads to, or its partition; undefined for any other path.
   *
   * @param path such as /dev/disk/by-id/nvme-X, relative to `cwd`
   */
  resolve(path: string, cwd = "/"): { device: string; partition?: number } | undefined {
    const real = inRoot(this.#root, path.startsWith("/") ? path : join(cwd, path));
    if (!real.startsWith(join(this.#root, "dev")) || !existsSync(real)) return undefined;
    const name = basename(real);
    const match = /^(.+n\d+)p(\d+)$/.exec(name) ?? /^([a-z]+)(\d+)$/.exec(name);
    const [, whole, partition] = match ?? [];
    if (whole !== undefined && this.find(whole)) return { device: whole, partition: Number(partition) };
    return this.find(name) ? { device: name } : undefined;
  }

  /** Makes the nodes and links of partitions match what is on the disks. */
  showPartitions(): void {
    const byId = join(this.#root, "dev/disk/by-id");
    this.#machine.disks.forEach((disk, index) => {
      const has = this.content(disk.device).kind === "zfs";
      for (const number of zfsPartitions) {
        const node = join(this.#root, "dev", partitionName(disk.device, number));
        if (has === existsSync(node)) continue;
        if (has) mknod(node, "b", blockMajor, index * 16 + number);
        else rmSync(node);
        for (const id of disk.byId) {
          const link = join(byId, `${id}-part${number}`);
          if (has) symlinkSync(`../../${basename(node)}`, link);
          else rmSync(link, { force: true });
        }
      }
    });
  }

  #cleared(): string[] {
    return this.#store.get<string[]>("clearedDisks", []);
  }
}

/** `nvme0n1p1`, `sda1`. */
export function partitionName(device: string, number: number): string {
  return `${device}${/\d$/.test(device) ? "p" : ""}${number}`;
}
