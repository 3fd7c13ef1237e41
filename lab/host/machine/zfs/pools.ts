/** The lab's ZFS: pools and their disks. */
import { existsSync, readdirSync } from "node:fs";
import { inRoot } from "../confined";
import { Disks } from "../disks";
import { explain, ZfsError } from "./errors";
import { checkPoolName } from "./names";
import { parsePoolProperty } from "./poolProperties";
import { parseValue } from "./properties";
import { type Dataset, newGuid, now, type Pool } from "./state";
import { parseVdevs } from "./vdevs";
import type { LabZfs, ZfsPlace } from "./zfs";

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

export class Pools {
  readonly disks: Disks;
  readonly #place: ZfsPlace;
  readonly #zfs: LabZfs;

  constructor(place: ZfsPlace, zfs: LabZfs) {
    this.#place = place;
    this.#zfs = zfs;
    this.disks = new Disks(place.root, place.machine, place.store, () => this.memberships());
  }

  /** After a start of the host: what the machine file says at the first one, then mounts. */
  boot(): void {
    const { machine, store } = this.#place;
    for (const pool of store.get("poolsMade", false) ? [] : (machine.pools ?? [])) {
      this.create({
        name: pool.name,
        vdevs: pool.vdevs,
        properties: {},
        rootProperties: pool.properties ?? {},
        force: true,
      });
    }
    store.set("poolsMade", true);
    this.disks.showPartitions();
    for (const pool of this.#zfs.state.active()) this.#mountAll(pool, true);
  }

  /** Makes a pool; throws in zpool's words. */
  create(wanted: CreatePool): void {
    const { state } = this.#zfs;
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
      vdevs,
      properties,
      datasets: { "": state.newDataset("filesystem", rootProperties) },
    };
    state.add(pool);
    this.#zfs.data.make(pool.datasets[""]?.id ?? 0);
    state.save();
    for (const { device } of vdevs.flatMap((vdev) => vdev.leaves)) this.disks.clear(device);
    this.disks.showPartitions();
    this.#zfs.mountIfWanted(wanted.name);
  }

  destroy(name: string): void {
    const pool = this.#open(name);
    try {
      this.#unmountAll(pool);
    } catch (error) {
      if (!(error instanceof ZfsError)) throw error;
      throw new ZfsError(`${error.message}\ncould not destroy '${name}': could not unmount datasets`);
    }
    pool.state = "DESTROYED";
    this.#zfs.state.save();
  }

  export(name: string): void {
    const pool = this.#open(name);
    this.#unmountAll(pool);
    pool.state = "EXPORTED";
    this.#zfs.state.save();
  }

  /** Pools that an import would find; `destroyed` ones only when asked for. */
  importable(destroyed: boolean): Pool[] {
    return this.#zfs.state.pools.filter((pool) => pool.state === (destroyed ? "DESTROYED" : "EXPORTED"));
  }

  import(
    wanted: string,
    options: { newName?: string; destroyed?: boolean; mount?: boolean; force?: boolean },
  ): void {
    const pool = this.importable(options.destroyed ?? false).find(
      (one) => one.name === wanted || one.guid === wanted,
    );
    if (pool === undefined) {
      throw new ZfsError(
        this.#zfs.state.pool(wanted)
          ? `cannot import '${wanted}': a pool with that name already exists\nuse the form 'zpool import <pool | id> <newpool>' to give it a new name`
          : `cannot import '${wanted}': no such pool available`,
      );
    }
    const name = options.newName ?? pool.name;
    explain(`cannot import '${wanted}'`, () => {
      checkPoolName(name);
      if (this.#zfs.state.pool(name)) {
        throw new ZfsError(
          "a pool with that name already exists\nuse the form 'zpool import <pool | id> <newpool>' to give it a new name",
        );
      }
    });
    pool.name = name;
    pool.state = "ACTIVE";
    this.#zfs.state.save();
    if (options.mount ?? true) this.#mountAll(pool, false);
  }

  set(name: string, property: string, text: string): void {
    const pool = this.#open(name);
    explain(`cannot set property for '${name}'`, () => {
      const [full, value] = parsePoolProperty(property, text, true);
      pool.properties[full] = value;
    });
    this.#zfs.state.save();
  }

  /** Which pool each disk belongs or belonged to, by kernel name. */
  memberships(): Map<string, Pool> {
    return new Map(
      this.#zfs.state.pools.flatMap((pool) =>
        pool.vdevs.flatMap((vdev) => vdev.leaves.map((leaf) => [leaf.device, pool])),
      ),
    );
  }

  /** Takes a disk's label away; a pool that lacks too many of its disks then is lost with its data. */
  clearLabel(device: string): void {
    const pool = this.memberships().get(device);
    if (pool === undefined || pool.state === "ACTIVE") return;
    const [vdev] = pool.vdevs.filter((one) => one.leaves.some((leaf) => leaf.device === device));
    if (vdev) vdev.leaves = vdev.leaves.filter((leaf) => leaf.device !== device);
    const lost =
      vdev !== undefined && vdev.leaves.length < (vdev.type === "mirror" ? 1 : Number.MAX_SAFE_INTEGER);
    if (lost) {
      for (const dataset of Object.values(pool.datasets)) this.#removeData(dataset);
      this.#zfs.state.remove(pool);
    }
    this.#zfs.state.save();
  }

  #removeData(dataset: Dataset): void {
    for (const { id } of [dataset, ...dataset.snapshots]) this.#zfs.data.remove(id);
  }

  #open(name: string): Pool {
    const pool = this.#zfs.state.pool(name);
    if (pool === undefined) throw new ZfsError(`cannot open '${name}': no such pool`);
    return pool;
  }

  #mountAll(pool: Pool, booting: boolean): void {
    for (const name of this.#zfs.state.tree(pool.name)) {
      const dataset = this.#zfs.state.dataset(name);
      // Mounts end with the host; the flag says what was mounted.
      if (dataset && booting) dataset.mounted = false;
      this.#zfs.mountIfWanted(name);
    }
  }

  #unmountAll(pool: Pool): void {
    for (const name of this.#zfs.state.tree(pool.name).reverse()) this.#zfs.unmount(name);
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
