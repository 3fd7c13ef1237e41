/** The lab's ZFS: pools and their disks. */
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isLost } from "../../faults/lostDisks";
import type { Machine } from "../../types";
import { inRoot } from "../confined";
import { Disks } from "../disks";
import type { ZfsData } from "./data";
import { explain, ZfsError } from "./errors";
import { poolHealth } from "./health";
import { checkPoolName } from "./names";
import type { ZfsPlace } from "./place";
import { parsePoolProperty } from "./poolProperties";
import { parseValue } from "./properties";
import { type Dataset, type Leaf, newGuid, now, type Pool, type ZfsState } from "./state";
import { ctime, thisSystem } from "./system";
import { parseVdevs } from "./vdevs";

export interface CreatePool {
  name: string;
  /** Words after the pool's name. */
  vdevs: string[];
  /** -o */
  properties: Record<string, string>;
  /** -O, and mountpoint from -m */
  rootProperties: Record<string, string>;
  force: boolean;
}

/** A pool of a machine file, with more than types.ts knows: what is in it, and who used it last. */
type OldPool = NonNullable<Machine["pools"]>[number] & {
  /** Datasets by their names below the pool's, with their files. */
  datasets?: Record<string, { properties?: Record<string, string>; files?: Record<string, string> }>;
  exported?: boolean;
  /** It was used last by that system and not exported there. */
  elsewhere?: { hostname: string; hostid: string };
};

/** What pools ask of the datasets in them. */
interface Datasets {
  readonly state: ZfsState;
  readonly data: ZfsData;
  create(name: string, properties?: Record<string, string>): void;
  mountIfWanted(name: string): void;
  unmount(name: string): void;
}

export class Pools {
  readonly disks: Disks;
  readonly #place: ZfsPlace;
  readonly #datasets: Datasets;

  constructor(place: ZfsPlace, datasets: Datasets) {
    this.#place = place;
    this.#datasets = datasets;
    this.disks = new Disks(place.root, place.machine, place.store, () => this.memberships());
  }

  /** After a start of the host: what the machine file says at the first one, then mounts. */
  boot(): void {
    const { machine, store } = this.#place;
    if (!store.get("poolsMade", false)) for (const pool of machine.pools ?? []) this.#make(pool);
    store.set("poolsMade", true);
    this.disks.showPartitions();
    this.disks.mountOld(join(this.#place.data, "old"));
    for (const pool of this.#datasets.state.active()) this.#mountAll(pool, true);
  }

  #make(old: OldPool): void {
    this.create({
      name: old.name,
      vdevs: old.vdevs,
      properties: {},
      rootProperties: old.properties ?? {},
      force: true,
    });
    for (const [below, { properties = {}, files = {} }] of Object.entries(old.datasets ?? {})) {
      this.#datasets.create(`${old.name}/${below}`, properties);
      const folder = this.#datasets.data.path(this.#datasets.state.dataset(`${old.name}/${below}`)?.id ?? 0);
      for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    }
    const pool = this.#datasets.state.pool(old.name);
    if (pool === undefined || (!old.exported && old.elsewhere === undefined)) return;
    this.export(old.name);
    if (old.elsewhere) {
      pool.state = "ELSEWHERE";
      pool.system = { ...old.elsewhere, seconds: now() - 86_400 };
      this.#datasets.state.save();
    }
  }

  /** Makes a pool; throws in zpool's words. */
  create(wanted: CreatePool): void {
    const { state } = this.#datasets;
    const vdevs = parseVdevs(wanted.vdevs, wanted.force, this.disks, state.pools);
    const mountpoint = wanted.rootProperties.mountpoint;
    if (mountpoint !== "legacy" && mountpoint !== "none") this.#checkMountpoint(mountpoint, wanted.name);
    const failed = `cannot create '${wanted.name}'`;
    const [properties, rootProperties] = explain(failed, () => {
      try {
        checkPoolName(wanted.name);
      } catch (error) {
        if (error instanceof ZfsError)
          throw new ZfsError(`${error.message}\npool name may have been omitted`);
        throw error;
      }
      const checked = [
        Object.fromEntries(
          Object.entries(wanted.properties).map(([name, text]) => parsePoolProperty(name, text)),
        ),
        Object.fromEntries(
          Object.entries(wanted.rootProperties).map(([name, text]) => parseValue(name, text, "f", true)),
        ),
      ] as const;
      if (state.pool(wanted.name) !== undefined) throw new ZfsError("pool already exists");
      return checked;
    });
    for (const { device } of vdevs.flatMap((vdev) => vdev.leaves)) this.clearLabel(device);
    const pool: Pool = {
      name: wanted.name,
      guid: newGuid(),
      created: now(),
      state: "ACTIVE",
      system: thisSystem(this.#place.root, this.#place.machine.node),
      vdevs,
      properties,
      datasets: { "": state.newDataset("filesystem", rootProperties) },
    };
    state.add(pool);
    this.#datasets.data.make(pool.datasets[""]?.id ?? 0);
    state.save();
    for (const { device } of vdevs.flatMap((vdev) => vdev.leaves))
      this.disks.setLayout(device, { parts: [] });
    this.disks.showPartitions();
    this.#datasets.mountIfWanted(wanted.name);
  }

  destroy(name: string): void {
    const pool = this.open(name);
    try {
      this.#unmountAll(pool);
    } catch (error) {
      if (!(error instanceof ZfsError)) throw error;
      throw new ZfsError(`${error.message}\ncould not destroy '${name}': could not unmount datasets`);
    }
    pool.state = "DESTROYED";
    this.#datasets.state.save();
  }

  export(name: string): void {
    const pool = this.open(name);
    this.#unmountAll(pool);
    pool.state = "EXPORTED";
    this.#datasets.state.save();
  }

  /** Pools that an import would find, with a label left on an attached disk; `destroyed` ones only when asked for. */
  importable(destroyed: boolean): Pool[] {
    const { machine } = this.#place;
    const there = (leaf: Leaf) => !leaf.gone && !isLost(machine, leaf.device);
    return this.#datasets.state.pools.filter(
      (pool) =>
        (pool.state === "DESTROYED") === destroyed &&
        pool.state !== "ACTIVE" &&
        pool.vdevs.some((vdev) => vdev.leaves.some(there)),
    );
  }

  /** `given`: how each disk is called from now on, by its kernel name. */
  importPool(
    wanted: string,
    options: {
      newName?: string;
      destroyed?: boolean;
      mount?: boolean;
      force?: boolean;
      given?: (device: string) => string | undefined;
    },
  ): void {
    const { machine, root } = this.#place;
    const found = this.importable(options.destroyed ?? false).filter(
      (one) => one.name === wanted || one.guid === wanted,
    );
    const [pool] = found;
    if (found.length > 1) {
      throw new ZfsError(
        `cannot import '${wanted}': more than one matching pool\nimport by numeric ID instead`,
      );
    }
    if (pool === undefined) {
      throw new ZfsError(
        this.#datasets.state.pool(wanted)
          ? `cannot import '${wanted}': a pool with that name already exists\nuse the form 'zpool import <pool | id> <newpool>' to give it a new name`
          : `cannot import '${wanted}': no such pool available`,
      );
    }
    const name = options.newName ?? pool.name;
    const { system } = pool;
    if (pool.state === "ELSEWHERE" && options.force !== true && system) {
      throw new ZfsError(
        `cannot import '${pool.name}': pool was previously in use from another system.\n` +
          `Last accessed by ${system.hostname} (hostid=${system.hostid}) at ${ctime(system.seconds)}\n` +
          "The pool can be imported, use 'zpool import -f' to import the pool.",
      );
    }
    explain(`cannot import '${pool.name}'`, () => {
      checkPoolName(name);
      if (this.#datasets.state.pool(name)) {
        throw new ZfsError(
          "a pool with that name already exists\nuse the form 'zpool import <pool | id> <newpool>' to give it a new name",
        );
      }
      if (poolHealth(machine, pool) === "UNAVAIL") throw new ZfsError("no such device in pool");
    });
    for (const leaf of pool.vdevs.flatMap((vdev) => vdev.leaves)) {
      delete leaf.absent;
      if (isLost(machine, leaf.device)) leaf.absent = true;
      leaf.given = options.given?.(leaf.device) ?? leaf.given;
    }
    pool.name = name;
    pool.state = "ACTIVE";
    pool.system = thisSystem(root, machine.node);
    this.#datasets.state.save();
    this.disks.showPartitions();
    if (options.mount ?? true) this.#mountAll(pool, false);
  }

  set(name: string, property: string, text: string): void {
    const pool = this.open(name);
    explain(`cannot set property for '${name}'`, () => {
      const [full, value] = parsePoolProperty(property, text, true);
      pool.properties[full] = value;
    });
    this.#datasets.state.save();
  }

  /** Which pool each disk belongs or belonged to, by kernel name. */
  memberships(): Map<string, Pool> {
    return new Map(
      this.#datasets.state.pools.flatMap((pool) =>
        pool.vdevs.flatMap((vdev) =>
          vdev.leaves.flatMap((leaf): [string, Pool][] => (leaf.gone ? [] : [[leaf.device, pool]])),
        ),
      ),
    );
  }

  /** Takes a disk's label away; a pool that lacks too many of its disks then is lost with its data. */
  clearLabel(device: string): void {
    const pool = this.memberships().get(device);
    if (pool === undefined || pool.state === "ACTIVE") return;
    const leaves = pool.vdevs.flatMap((vdev) => vdev.leaves);
    for (const leaf of leaves) if (leaf.device === device) leaf.gone = true;
    const present = {
      ...pool,
      vdevs: pool.vdevs.map((vdev) => ({
        ...vdev,
        leaves: vdev.leaves.map(({ absent: _, ...leaf }) => leaf),
      })),
    };
    if (poolHealth({ ...this.#place.machine }, present) === "UNAVAIL") {
      for (const dataset of Object.values(pool.datasets)) this.#removeData(dataset);
      pool.datasets = { "": this.#datasets.state.newDataset("filesystem", {}) };
      if (leaves.every((leaf) => leaf.gone)) this.#datasets.state.remove(pool);
    }
    this.#datasets.state.save();
  }

  #removeData(dataset: Dataset): void {
    for (const { id } of [dataset, ...dataset.snapshots]) this.#datasets.data.remove(id);
  }

  open(name: string): Pool {
    const pool = this.#datasets.state.pool(name);
    if (pool === undefined) throw new ZfsError(`cannot open '${name}': no such pool`);
    return pool;
  }

  #mountAll(pool: Pool, booting: boolean): void {
    for (const name of this.#datasets.state.tree(pool.name)) {
      const dataset = this.#datasets.state.dataset(name);
      // Mounts end with the host; the flag says what was mounted.
      if (dataset && booting) dataset.mounted = false;
      this.#datasets.mountIfWanted(name);
    }
  }

  #unmountAll(pool: Pool): void {
    for (const name of this.#datasets.state.tree(pool.name).reverse()) this.#datasets.unmount(name);
  }

  #checkMountpoint(mountpoint: string | undefined, name: string): void {
    if (mountpoint !== undefined && !mountpoint.startsWith("/")) {
      throw new ZfsError(`invalid mountpoint '${mountpoint}': must be an absolute path, 'legacy', or 'none'`);
    }
    const path = mountpoint ?? `/${name}`;
    const folder = inRoot(this.#place.root, path);
    if (existsSync(folder) && readdirSync(folder).length > 0) {
      throw new ZfsError(
        `mountpoint '${path}' exists and is not empty\nuse '-m' option to provide a different default`,
      );
    }
  }
}
