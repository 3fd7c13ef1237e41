/** What keeps a pool well: scrubs, disks taken offline and replaced. */
import { isLost } from "../../faults/lostDisks";
import type { Machine } from "../../types";
import { explain, ZfsError } from "./errors";
import { leafHealth, poolHealth } from "./health";
import type { Pools } from "./pools";
import { type Leaf, now, type Pool, type ZfsState } from "./state";
import { parseVdevs } from "./vdevs";

export class Care {
  readonly #machine: Machine;
  readonly #state: ZfsState;
  readonly #pools: Pools;

  constructor(machine: Machine, state: ZfsState, pools: Pools) {
    this.#machine = machine;
    this.#state = state;
    this.#pools = pools;
  }

  scrub(name: string): void {
    const pool = this.#pools.open(name);
    // The lab's data is small: it is done at once.
    pool.scan = { kind: "scrub", start: now(), end: now() };
    this.#state.save();
  }

  /** Takes a disk of a pool offline, or back. */
  setOffline(name: string, word: string, offline: boolean): void {
    const pool = this.#pools.open(name);
    const machine = this.#machine;
    explain(`cannot ${offline ? "offline" : "online"} ${word}`, () => {
      const leaf = this.#leaf(pool, word);
      if (!offline) {
        delete leaf.offline;
        if (!isLost(machine, leaf.device)) delete leaf.absent;
        return;
      }
      leaf.offline = true;
      if (poolHealth(machine, pool) === "SUSPENDED") {
        delete leaf.offline;
        throw new ZfsError("no valid replicas");
      }
    });
    this.#state.save();
  }

  /** Puts a disk in the place of another and copies the data, at once. */
  replace(name: string, word: string, by: string, force: boolean): void {
    const pool = this.#pools.open(name);
    const failed = `cannot replace ${word} with ${by}`;
    const leaf = explain(failed, () => this.#leaf(pool, word));
    const [vdev] = parseVdevs([by], force, this.#pools.disks, this.#state.pools);
    const [fresh] = vdev?.leaves ?? [];
    if (fresh === undefined) return;
    const size = (device: string) =>
      this.#machine.disks.find((disk) => disk.device === device)?.sizeBytes ?? 0;
    explain(failed, () => {
      if (size(fresh.device) < size(leaf.device)) throw new ZfsError("device is too small");
      if (leafHealth(this.#machine, leaf) !== "ONLINE" && poolHealth(this.#machine, pool) === "SUSPENDED")
        throw new ZfsError("no valid replicas");
    });
    this.#pools.clearLabel(fresh.device);
    this.#pools.disks.setLayout(leaf.device, { parts: [] });
    this.#pools.disks.setLayout(fresh.device, { parts: [] });
    for (const key of ["gone", "offline", "absent"] as const) delete leaf[key];
    Object.assign(leaf, fresh);
    pool.scan = { kind: "resilver", start: now(), end: now() };
    this.#state.save();
    this.#pools.disks.showPartitions();
  }

  /** Puts a disk's errors to nought; a suspended pool goes on when its disks are back. */
  clear(name: string): void {
    const pool = this.#pools.open(name);
    for (const leaf of pool.vdevs.flatMap((vdev) => vdev.leaves)) {
      if (!isLost(this.#machine, leaf.device)) delete leaf.absent;
    }
    if (poolHealth(this.#machine, pool) === "SUSPENDED")
      throw new ZfsError(`cannot clear errors for ${name}: I/O error`);
    this.#state.save();
  }

  #leaf(pool: Pool, word: string): Leaf {
    const at = this.#pools.disks.resolve(word.startsWith("/") ? word : `/dev/${word}`);
    const leaf = pool.vdevs
      .flatMap((vdev) => vdev.leaves)
      .find(
        (one) =>
          one.guid === word ||
          one.given === word ||
          one.given.endsWith(`/${word}`) ||
          (!one.gone && one.device === at?.device),
      );
    if (leaf === undefined) throw new ZfsError("no such device in pool");
    return leaf;
  }
}
