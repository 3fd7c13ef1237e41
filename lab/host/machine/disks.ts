/** The host's disks: what is on them, and their nodes below /dev. */
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { basename, dirname, join } from "node:path";
import { isLost } from "../faults/lostDisks";
import type { Disk, Machine, Store } from "../types";
import { inRoot } from "./confined";
import { firstLayout, type Layout, type OldDisk, type Part } from "./diskLayout";
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
  /** What lay on it when the machine was new, as far as nobody has taken it away. */
  | { kind: "old"; layout: Layout }
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

  /** Disks that are attached. */
  all(): Disk[] {
    return this.#machine.disks.filter(({ device }) => !isLost(this.#machine, device));
  }

  find(device: string): Disk | undefined {
    return this.all().find((disk) => disk.device === device);
  }

  content(device: string): Content {
    const pool = this.#memberships().get(device);
    if (pool !== undefined) return { kind: "zfs", pool };
    const layout = this.layout(device);
    const blank = layout.table === undefined && layout.whole === undefined;
    return blank ? { kind: "blank" } : { kind: "old", layout };
  }

  /** What is left of what lay on a disk when the machine was new. */
  layout(device: string): Layout {
    const disk: OldDisk | undefined = this.#machine.disks.find((one) => one.device === device);
    return this.#layouts()[device] ?? (disk ? firstLayout(disk) : { parts: [] });
  }

  setLayout(device: string, layout: Layout): void {
    this.#store.set("diskLayouts", { ...this.#layouts(), [device]: layout });
  }

  /** Where a part of a disk is mounted at this moment; `[SWAP]` for swap space in use. */
  mounts(part: Part): string[] {
    const path = part.mountpoint;
    if (path === undefined) return [];
    // What the node runs from is always there; anything else for as long as nobody unmounts it.
    if (path === "[SWAP]" || path === "/" || path.startsWith("/boot")) return [path];
    return this.#isMounted(path) ? [path] : [];
  }

  /** After a start of the host: mounts what /etc/fstab of the machine would mount, from folders outside. */
  mountOld(folder: string): void {
    for (const { device } of this.all()) {
      const { parts, whole } = this.layout(device);
      for (const part of [...parts, ...(whole ? [whole] : [])].flatMap((one) => [
        one,
        ...(one.holds ?? []),
      ])) {
        const path = part.mountpoint;
        if (path === undefined || path === "[SWAP]" || path === "/" || path.startsWith("/boot")) continue;
        const data = join(folder, part.name.replaceAll("/", "_"));
        mkdirSync(data, { recursive: true });
        for (const [name, text] of Object.entries(part.files ?? {})) {
          if (!existsSync(join(data, name))) writeFileSync(join(data, name), text);
        }
        const target = inRoot(this.#root, path);
        mkdirSync(target, { recursive: true });
        spawnSync("mount", ["--bind", data, target]);
      }
    }
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
      if (isLost(this.#machine, disk.device)) return;
      const content = this.content(disk.device);
      const there: number[] =
        content.kind === "zfs"
          ? zfsPartitions
          : content.kind === "old"
            ? content.layout.parts.map(({ number }) => number)
            : [];
      for (let number = 1; number < 16; number += 1) {
        const has = there.includes(number);
        const node = join(this.#root, "dev", partitionName(disk.device, number));
        if (has === existsSync(node)) continue;
        if (has) mknod(node, "b", blockMajor, index * 16 + number);
        else rmSync(node);
        for (const id of disk.byId) {
          const link = join(byId, `${id}-part${number}`);
          rmSync(link, { force: true });
          if (has) symlinkSync(`../../${basename(node)}`, link);
        }
      }
      const mapper = content.kind === "old" ? [...content.layout.parts, content.layout.whole] : [];
      for (const held of mapper.flatMap((part) => part?.holds ?? [])) {
        const node = join(this.#root, "dev/mapper", held.name);
        mkdirSync(dirname(node), { recursive: true });
        if (!existsSync(node)) mknod(node, "b", blockMajor, 1000 + index);
      }
    });
  }

  #isMounted(path: string): boolean {
    const target = inRoot(this.#root, path);
    return readFileSync("/proc/self/mountinfo", "utf8")
      .split("\n")
      .some((line) => line.split(" ")[4] === target);
  }

  #layouts(): Record<string, Layout> {
    return this.#store.get<Record<string, Layout>>("diskLayouts", {});
  }
}

/** `nvme0n1p1`, `sda1`. */
export function partitionName(device: string, number: number): string {
  return `${device}${/\d$/.test(device) ? "p" : ""}${number}`;
}
