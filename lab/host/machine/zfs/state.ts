/** What the lab's ZFS keeps on disk about pools and datasets. The data itself lies in folders by id. */
import { randomBytes } from "node:crypto";
import type { Store } from "../../types";
import { poolOf, splitSnapshot } from "./names";

export interface Snapshot {
  name: string;
  id: number;
  /** Seconds since 1970. */
  created: number;
  guid: string;
  /** User properties. */
  properties: Record<string, string>;
}

export interface Dataset {
  id: number;
  type: "filesystem" | "volume";
  created: number;
  guid: string;
  /** Set here, in canonical form; everything else is inherited or a default. */
  properties: Record<string, string>;
  /** Id of the snapshot it was cloned from. */
  origin?: number;
  mounted: boolean;
  /** Oldest first. */
  snapshots: Snapshot[];
}

/** A disk of a pool: as it was named and what it is. */
export interface Leaf {
  /** Path or name as given to zpool create. */
  given: string;
  /** Kernel name, such as nvme0n1. */
  device: string;
  guid?: string;
  /** Its label was wiped: the disk belongs to the pool no more. */
  gone?: true;
  /** Taken offline by `zpool offline`. */
  offline?: true;
  /** It was missing when the pool was imported last. */
  absent?: true;
}

export interface Vdev {
  type: "disk" | "mirror" | "raidz1" | "raidz2" | "raidz3";
  leaves: Leaf[];
}

export interface Pool {
  name: string;
  guid: string;
  created: number;
  /** ELSEWHERE: last used by another system and not exported there. */
  state: "ACTIVE" | "EXPORTED" | "DESTROYED" | "ELSEWHERE";
  /** The system that used it last. */
  system?: { hostname: string; hostid: string; seconds: number };
  /** The last scrub or resilver, in seconds since 1970. */
  scan?: { kind: "scrub" | "resilver"; start: number; end: number };
  vdevs: Vdev[];
  properties: Record<string, string>;
  /** By the name below the pool's; the pool itself is "". */
  datasets: Record<string, Dataset>;
}

interface State {
  nextId: number;
  pools: Pool[];
}

/** Every id, also the order of creation, is given once. */
export class ZfsState {
  readonly #store: Store;
  readonly #state: State;

  constructor(store: Store) {
    this.#store = store;
    this.#state = store.get<State>("zfs", { nextId: 1, pools: [] });
  }

  /** Pools of every state, in the order of their creation. */
  get pools(): Pool[] {
    return this.#state.pools;
  }

  /** Imported pools, by name. */
  active(): Pool[] {
    return this.pools.filter((pool) => pool.state === "ACTIVE").sort((a, b) => compare(a.name, b.name));
  }

  pool(name: string): Pool | undefined {
    return this.pools.find((pool) => pool.state === "ACTIVE" && pool.name === name);
  }

  add(pool: Pool): void {
    this.#state.pools.push(pool);
  }

  remove(pool: Pool): void {
    this.#state.pools = this.#state.pools.filter((other) => other !== pool);
  }

  dataset(name: string): Dataset | undefined {
    const pool = this.pool(poolOf(name));
    return pool?.datasets[name.slice(pool.name.length + 1)];
  }

  findSnapshot(name: string): { owner: Dataset; snapshot: Snapshot } | undefined {
    const [dataset, wanted] = splitSnapshot(name);
    const owner = this.dataset(dataset);
    const snapshot = owner?.snapshots.find((one) => one.name === wanted);
    return owner && snapshot ? { owner, snapshot } : undefined;
  }

  /** Full names of the datasets below one, itself included, sorted. */
  tree(name: string): string[] {
    const pool = this.pool(poolOf(name));
    if (pool === undefined) return [];
    return Object.keys(pool.datasets)
      .map((below) => (below === "" ? pool.name : `${pool.name}/${below}`))
      .filter((full) => full === name || full.startsWith(`${name}/`))
      .sort(compare);
  }

  /** The full name of a snapshot by its id. */
  snapshotName(pool: Pool, id: number): string | undefined {
    for (const [below, dataset] of Object.entries(pool.datasets)) {
      const snapshot = dataset.snapshots.find((one) => one.id === id);
      if (snapshot) return `${below === "" ? pool.name : `${pool.name}/${below}`}@${snapshot.name}`;
    }
    return undefined;
  }

  /** Full names of the datasets cloned from a snapshot. */
  clones(pool: Pool, id: number): string[] {
    return this.tree(pool.name).filter((name) => this.dataset(name)?.origin === id);
  }

  newDataset(type: Dataset["type"], properties: Record<string, string>): Dataset {
    return {
      id: this.newId(),
      type,
      created: now(),
      guid: newGuid(),
      properties,
      mounted: false,
      snapshots: [],
    };
  }

  newSnapshot(name: string): Snapshot {
    return { name, id: this.newId(), created: now(), guid: newGuid(), properties: {} };
  }

  newId(): number {
    return this.#state.nextId++;
  }

  save(): void {
    this.#store.set("zfs", this.#state);
  }
}

export function now(): number {
  return Math.floor(Date.now() / 1000);
}

/** A random 64-bit number in decimal. */
export function newGuid(): string {
  return randomBytes(8).readBigUInt64BE().toString();
}

/** As strcmp orders names. */
export function compare(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
