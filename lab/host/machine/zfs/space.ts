/** Numbers that `zfs list` and `zpool list` print: they add up, from the sizes of real folders. */
import type { Machine } from "../../types";
import type { ZfsData } from "./data";
import type { Dataset, Pool, Vdev, ZfsState } from "./state";

export interface Space {
  used: number;
  available: number;
  referenced: number;
  usedbysnapshots: number;
  usedbydataset: number;
  usedbychildren: number;
  usedbyrefreservation: number;
}

const GiB = 1024 ** 3;

/** Bytes of a disk that a pool can use: whole metaslabs, of 16 GiB on large disks. */
function diskBytes(machine: Machine, device: string): number {
  const size = machine.disks.find((disk) => disk.device === device)?.sizeBytes ?? 0;
  const metaslab =
    size >= 128 * 16 * GiB ? 16 * GiB : Math.max(512 * 1024 ** 2, 2 ** Math.floor(Math.log2(size / 100)));
  return Math.max(0, Math.floor((size - 16 * 1024 ** 2) / metaslab) * metaslab);
}

function vdevSizes(machine: Machine, vdev: Vdev): { raw: number; usable: number } {
  const smallest = Math.min(...vdev.leaves.map((leaf) => diskBytes(machine, leaf.device)));
  const parity = /^raidz(\d)$/.exec(vdev.type)?.[1];
  if (parity === undefined) return { raw: smallest, usable: smallest };
  const disks = vdev.leaves.length;
  return { raw: smallest * disks, usable: smallest * (disks - Number(parity)) };
}

/** Sizes of a pool: raw as `zpool list` shows, and what datasets can use. */
export function poolSizes(machine: Machine, pool: Pool): { raw: number; usable: number } {
  const sizes = pool.vdevs.map((vdev) => vdevSizes(machine, vdev));
  const raw = sizes.reduce((sum, size) => sum + size.raw, 0);
  const usable = sizes.reduce((sum, size) => sum + size.usable, 0);
  // spa_slop_shift: 1/32 is held back, at least 128 MiB and at most 128 GiB.
  const slop = Math.min(Math.max(usable / 32, 128 * 1024 ** 2), 128 * GiB);
  return { raw, usable: Math.max(0, usable - slop) };
}

/** Space of all datasets of a pool, by full name, and of its snapshots. */
export function measure(
  machine: Machine,
  state: ZfsState,
  data: ZfsData,
  pool: Pool,
): { datasets: Map<string, Space>; snapshots: Map<number, { used: number; referenced: number }> } {
  const names = state.tree(pool.name);
  const all = names.map((name) => state.dataset(name)).filter((dataset) => dataset !== undefined);
  const sizes = data.referenced(
    all.flatMap((dataset) => [dataset.id, ...dataset.snapshots.map(({ id }) => id)]),
  );
  const snapshots = new Map<number, { used: number; referenced: number }>();
  const datasets = new Map<string, Space>();
  const usable = poolSizes(machine, pool).usable;

  // Children before their parents, which count them.
  for (const name of [...names].reverse()) {
    const dataset = state.dataset(name);
    if (dataset === undefined) continue;
    const own = sizes.get(dataset.id) ?? 0;
    let older = 0;
    for (const { id } of dataset.snapshots) {
      const referenced = sizes.get(id) ?? 0;
      // What only this snapshot holds is not known of plain copies; what is missing today is the least.
      const used = Math.max(0, referenced - own);
      snapshots.set(id, { used, referenced });
      older += used;
    }
    const children = names.filter((other) => isChild(name, other));
    const below = children.reduce((sum, child) => sum + taken(state, datasets, child), 0);
    const unused = Math.max(0, number(dataset, "refreservation") - own);
    datasets.set(name, {
      used: own + older + below + unused,
      available: 0,
      referenced: own,
      usedbysnapshots: older,
      usedbydataset: own,
      usedbychildren: below,
      usedbyrefreservation: unused,
    });
  }
  const total = datasets.get(pool.name)?.used ?? 0;
  for (const name of names) {
    const space = datasets.get(name);
    if (space) space.available = available(state, datasets, name, usable - total);
  }
  return { datasets, snapshots };
}

function isChild(parent: string, name: string): boolean {
  return name.startsWith(`${parent}/`) && !name.slice(parent.length + 1).includes("/");
}

/** What a dataset takes from its parent: its use, or its reservation when that is more. */
function taken(state: ZfsState, datasets: Map<string, Space>, name: string): number {
  const dataset = state.dataset(name);
  return Math.max(datasets.get(name)?.used ?? 0, dataset ? number(dataset, "reservation") : 0);
}

function available(state: ZfsState, datasets: Map<string, Space>, name: string, free: number): number {
  let least = free;
  const parts = name.split("/");
  for (let length = parts.length; length > 0; length--) {
    const above = parts.slice(0, length).join("/");
    const dataset = state.dataset(above);
    const space = datasets.get(above);
    if (!dataset || !space) continue;
    const quota = number(dataset, "quota");
    if (quota > 0) least = Math.min(least, quota - space.used);
    const refquota = number(dataset, "refquota");
    if (above === name && refquota > 0) least = Math.min(least, refquota - space.referenced);
  }
  return Math.max(0, Math.floor(least));
}

function number(dataset: Dataset, property: string): number {
  return Number(dataset.properties[property] ?? 0);
}
