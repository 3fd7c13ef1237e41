/** The lab's ZFS: datasets and snapshots. Pools are in pools.ts. */
import type { Machine, Zfs } from "../../types";
import { Care } from "./care";
import { clonesOutside, refuseChildren } from "./children";
import { ZfsData } from "./data";
import { type Found, Lookup, type Measured } from "./lookup";
import { explain, ZfsError } from "./errors";
import { poolHealth } from "./health";
import { checkName, parentOf, poolOf, splitSnapshot } from "./names";
import type { ZfsPlace } from "./place";
import { Pools } from "./pools";
import { isUserProperty, parseValue, printValue, properties, propertyName } from "./properties";
import { refuseLimit } from "./limits";
import { type Dataset, type Pool, type Snapshot, ZfsState } from "./state";

export class LabZfs implements Zfs {
  readonly state: ZfsState;
  readonly data: ZfsData;
  readonly lookup: Lookup;
  readonly pools: Pools;
  readonly care: Care;
  readonly machine: Machine;

  constructor(place: ZfsPlace) {
    this.machine = place.machine;
    this.state = new ZfsState(place.store);
    this.data = new ZfsData(place.root, place.data);
    this.lookup = new Lookup(place.machine, this.state, this.data);
    this.pools = new Pools(place, this);
    this.care = new Care(this.machine, this.state, this.pools);
  }

  exists(name: string): boolean {
    return name.includes("@")
      ? this.state.findSnapshot(name) !== undefined
      : this.state.dataset(name) !== undefined;
  }

  create(
    name: string,
    given: Record<string, string> = {},
    options: { parents?: boolean; mount?: boolean } = {},
  ): void {
    const failed = `cannot create '${name}'`;
    explain(failed, () => {
      checkName(name);
      this.#checkParent(name, options.parents ?? false);
      if (this.exists(name)) {
        if (!options.parents) throw new ZfsError("dataset already exists");
        return;
      }
    });
    if (this.exists(name)) return;
    this.#refuseSuspended(name);
    const type = "volsize" in given ? "volume" : "filesystem";
    const set = explain(failed, () => this.#parse(given, type, true));
    if (options.parents) this.#createParents(name);
    const dataset = this.state.newDataset(type, set);
    this.#add(name, dataset);
    this.data.make(dataset.id);
    this.state.save();
    if (options.mount ?? true) this.mountIfWanted(name);
  }

  destroy(name: string, options: { recursive?: boolean; clones?: boolean } = {}): void {
    if (name.includes("@")) return this.#destroySnapshot(name, options);
    this.#dataset(name, `cannot open '${name}'`);
    this.#refuseSuspended(name);
    if (!options.recursive) refuseChildren(this.state, name);
    const outside = clonesOutside(this.state, this.#pool(name), name);
    if (options.clones) {
      for (const clone of outside)
        if (this.exists(clone)) this.destroy(clone, { recursive: true, clones: true });
    } else if (outside.length > 0) {
      throw new ZfsError(
        [
          `cannot destroy '${name}': filesystem has dependent clones`,
          "use '-R' to destroy the following datasets:",
          ...outside,
        ].join("\n"),
      );
    }
    const doomed = this.state.tree(name).reverse();
    for (const one of doomed) this.unmount(one);
    for (const one of doomed) this.#remove(one);
    this.state.save();
  }

  snapshot(name: string): void {
    const [dataset, snapshot] = splitSnapshot(name);
    const failed = `cannot create snapshot '${name}'`;
    explain(failed, () => checkName(name, { snapshot: true }));
    const owner = this.#dataset(dataset, `cannot open '${dataset}'`);
    if (this.exists(name)) throw new ZfsError(`${failed}: dataset already exists`);
    const made = this.state.newSnapshot(snapshot ?? "");
    this.data.copy(owner.id, made.id);
    owner.snapshots.push(made);
    this.state.save();
  }

  snapshots(dataset: string): string[] {
    return (this.state.dataset(dataset)?.snapshots ?? []).map(({ name }) => name);
  }

  rollback(name: string, options: { destroyLater?: boolean } = {}): void {
    const { owner, snapshot } = this.#snapshot(name);
    const [dataset] = splitSnapshot(name);
    const later = owner.snapshots.slice(owner.snapshots.indexOf(snapshot) + 1);
    if (later.length > 0 && !options.destroyLater) {
      throw new ZfsError(
        [
          `cannot rollback to '${name}': more recent snapshots or bookmarks exist`,
          "use '-r' to force deletion of the following snapshots and bookmarks:",
          ...later.map((one) => `${dataset}@${one.name}`),
        ].join("\n"),
      );
    }
    for (const one of later) this.#destroySnapshot(`${dataset}@${one.name}`, {});
    this.data.restore(snapshot.id, owner.id);
    this.state.save();
  }

  clone(
    from: string,
    name: string,
    given: Record<string, string> = {},
    options: { parents?: boolean } = {},
  ): void {
    const { owner, snapshot } = this.#snapshot(from);
    const failed = `cannot create '${name}'`;
    explain(failed, () => {
      checkName(name);
      this.#checkParent(name, options.parents ?? false);
      if (poolOf(name) !== poolOf(from)) throw new ZfsError("source and target pools differ");
      if (this.exists(name)) throw new ZfsError("dataset already exists");
    });
    const set = explain(failed, () => this.#parse(given, owner.type, true));
    if (options.parents) this.#createParents(name);
    const dataset = this.state.newDataset(owner.type, set);
    dataset.origin = snapshot.id;
    this.data.copy(snapshot.id, dataset.id);
    this.#add(name, dataset);
    this.state.save();
    this.mountIfWanted(name);
  }

  copy(from: string, name: string): void {
    const source = from.includes("@") ? this.#snapshot(from) : undefined;
    const owner = source?.owner ?? this.#dataset(from, `cannot open '${from}'`);
    explain(`cannot receive new filesystem stream`, () => {
      this.#checkParent(name, false);
      if (this.exists(name)) throw new ZfsError(`destination '${name}' exists`);
    });
    const dataset = this.state.newDataset(owner.type, {});
    this.data.copy(source?.snapshot.id ?? owner.id, dataset.id);
    this.#add(name, dataset);
    this.state.save();
    this.mountIfWanted(name);
  }

  rename(from: string, to: string, options: { parents?: boolean } = {}): void {
    const dataset = this.#dataset(from, `cannot open '${from}'`);
    explain(`cannot rename '${from}'`, () => {
      checkName(to);
      if (poolOf(from) !== poolOf(to)) throw new ZfsError("datasets must be within same pool");
      if (parentOf(from) === undefined) throw new ZfsError("operation does not apply to pools");
      if (to.startsWith(`${from}/`))
        throw new ZfsError("New dataset name cannot be a descendant of current dataset name");
    });
    explain(`cannot create '${to}'`, () => this.#checkParent(to, options.parents ?? false));
    if (this.exists(to)) throw new ZfsError(`cannot rename '${from}': dataset already exists`);
    if (options.parents) this.#createParents(to);
    const tree = this.state.tree(from);
    const mounted = tree.filter((name) => this.state.dataset(name)?.mounted);
    for (const name of [...tree].reverse()) this.unmount(name);
    const pool = this.#pool(from);
    for (const name of tree) {
      const moved = this.state.dataset(name) ?? dataset;
      const next = `${to}${name.slice(from.length)}`;
      delete pool.datasets[name.slice(pool.name.length + 1)];
      pool.datasets[next.slice(pool.name.length + 1)] = moved;
    }
    this.state.save();
    for (const name of mounted) this.mount(`${to}${name.slice(from.length)}`);
  }

  children(dataset: string): string[] {
    return this.state.tree(dataset).filter((name) => parentOf(name) === dataset);
  }

  get(name: string, property: string): string | undefined {
    const found = this.find(name, property);
    const full = propertyName(property) ?? property;
    return found && printValue(full, found.value, false);
  }

  bytes(name: string, property: string): number | undefined {
    const found = this.find(name, property);
    return found && Number(found.value);
  }

  set(name: string, property: string, text: string): void {
    const failed = `cannot set property for '${name}'`;
    const snapshot = name.includes("@") ? this.#snapshot(name).snapshot : undefined;
    if (snapshot) {
      if (!isUserProperty(property))
        throw new ZfsError(`${failed}: this property can not be modified for snapshots`);
      snapshot.properties[property] = text;
      return this.state.save();
    }
    const dataset = this.#dataset(name, `cannot open '${name}'`);
    this.#refuseSuspended(name);
    explain(failed, () => {
      const applies = dataset.type === "volume" ? "v" : "f";
      const [full, value] = parseValue(property, text, applies, false);
      const space = this.lookup.measure(this.#pool(name)).datasets.get(name);
      refuseLimit(full, Number(value), space);
      this.#apply(name, () => (dataset.properties[full] = value), full);
    });
  }

  /** Takes back what is set on a dataset, so that the parent's value or the default counts. */
  inherit(name: string, property: string): void {
    const dataset = this.#dataset(name, `cannot open '${name}'`);
    const full = propertyName(property) ?? property;
    const known = properties[full];
    if (known === undefined && !isUserProperty(full)) throw new ZfsError(`invalid property '${property}'`);
    if (known?.kind === "readonly" || known?.kind === "once")
      throw new ZfsError(`'${full}' property cannot be inherited`);
    if (known?.kind === "default" && ["quota", "reservation", "refquota", "refreservation"].includes(full)) {
      throw new ZfsError(`'${full}' property cannot be inherited\nuse 'zfs set ${full}=none' to clear`);
    }
    this.#apply(name, () => delete dataset.properties[full], full);
  }

  mountpoint(name: string): string {
    return this.lookup.mountpoint(name).value;
  }

  folder(name: string): string {
    const { id } = name.includes("@")
      ? this.#snapshot(name).snapshot
      : this.#dataset(name, `cannot open '${name}'`);
    return this.data.path(id);
  }

  find(name: string, property: string, measured?: Measured): Found | undefined {
    return this.lookup.find(name, property, measured);
  }

  /** Mounts a dataset unless its properties say otherwise. */
  mountIfWanted(name: string): void {
    const dataset = this.state.dataset(name);
    if (dataset?.type !== "filesystem" || dataset.mounted) return;
    const where = this.mountpoint(name);
    if (this.find(name, "canmount")?.value !== "on" || where === "none" || where === "legacy") return;
    this.mount(name);
  }

  mount(name: string): void {
    const dataset = this.#dataset(name, `cannot open '${name}'`);
    const failed = `cannot mount '${name}'`;
    const where = this.mountpoint(name);
    if (where === "legacy")
      throw new ZfsError(`${failed}: legacy mountpoint\nuse mount(8) to mount this filesystem`);
    if (where === "none") throw new ZfsError(`${failed}: no mountpoint set`);
    if (this.find(name, "canmount")?.value === "off")
      throw new ZfsError(`${failed}: 'canmount' property is set to 'off'`);
    if (dataset.mounted) throw new ZfsError(`${failed}: filesystem already mounted`);
    this.data.mount(dataset.id, where, this.find(name, "readonly")?.value === "on");
    dataset.mounted = true;
    this.state.save();
  }

  /** Takes a dataset out of the file system; nothing when it is not mounted. */
  unmount(name: string): void {
    const dataset = this.state.dataset(name);
    if (!dataset?.mounted) return;
    const where = this.mountpoint(name);
    explain(`cannot unmount '${where}'`, () => this.data.unmount(where));
    dataset.mounted = false;
    this.data.removeMountpoint(where);
  }

  #apply(name: string, change: () => void, property: string): void {
    const moves = property === "mountpoint" || property === "canmount";
    const affected = moves ? this.state.tree(name) : [];
    const mounted = affected.filter((one) => this.state.dataset(one)?.mounted);
    for (const one of [...affected].reverse()) this.unmount(one);
    change();
    this.state.save();
    for (const one of moves ? new Set([name, ...mounted]) : []) this.mountIfWanted(one);
    if (property === "readonly") {
      for (const one of this.state.tree(name).filter((other) => this.state.dataset(other)?.mounted)) {
        this.data.remount(this.mountpoint(one), this.find(one, "readonly")?.value === "on");
      }
    }
  }

  #parse(given: Record<string, string>, type: Dataset["type"], creating: boolean): Record<string, string> {
    const applies = type === "volume" ? "v" : "f";
    return Object.fromEntries(
      Object.entries(given).map(([name, text]) => parseValue(name, text, applies, creating)),
    );
  }

  #checkParent(name: string, parents: boolean): void {
    const parent = parentOf(name);
    if (parent === undefined) throw new ZfsError("missing dataset name");
    if (this.state.pool(poolOf(name)) === undefined) throw new ZfsError(`no such pool '${poolOf(name)}'`);
    const above = this.state.dataset(parent);
    if (above === undefined && !parents) throw new ZfsError("parent does not exist");
    if (above?.type === "volume") throw new ZfsError("parent is not a filesystem");
  }

  #createParents(name: string): void {
    const parent = parentOf(name);
    if (parent !== undefined && !this.exists(parent)) this.create(parent, {}, { parents: true });
  }

  #destroySnapshot(name: string, options: { recursive?: boolean; clones?: boolean }): void {
    const [dataset, wanted] = splitSnapshot(name);
    this.#dataset(dataset, `cannot open '${dataset}'`);
    const owners = (options.recursive ? this.state.tree(dataset) : [dataset]).filter((one) =>
      this.exists(`${one}@${wanted}`),
    );
    if (owners.length === 0)
      throw new ZfsError("could not find any snapshots to destroy; check snapshot names.");
    for (const one of owners) {
      const { owner, snapshot } = this.#snapshot(`${one}@${wanted}`);
      const clones = this.state.clones(this.#pool(one), snapshot.id);
      if (clones.length > 0 && !options.clones) {
        throw new ZfsError(
          [
            `cannot destroy '${one}@${wanted}': snapshot has dependent clones`,
            "use '-R' to destroy the following datasets:",
            ...clones,
          ].join("\n"),
        );
      }
      for (const clone of clones) this.destroy(clone, { recursive: true, clones: true });
      owner.snapshots = owner.snapshots.filter((other) => other !== snapshot);
      this.data.remove(snapshot.id);
    }
    this.state.save();
  }

  #add(name: string, dataset: Dataset): void {
    const pool = this.#pool(name);
    pool.datasets[name.slice(pool.name.length + 1)] = dataset;
  }

  #remove(name: string): void {
    const pool = this.#pool(name);
    const dataset = this.state.dataset(name);
    if (dataset === undefined) return;
    for (const { id } of [dataset, ...dataset.snapshots]) this.data.remove(id);
    // The pool's own dataset stays with the pool: destroying it recursively empties it.
    if (name === pool.name) {
      dataset.snapshots = [];
      this.data.make(dataset.id);
      this.mountIfWanted(name);
      return;
    }
    delete pool.datasets[name.slice(pool.name.length + 1)];
  }

  #pool(name: string): Pool {
    const pool = this.state.pool(poolOf(name));
    if (pool === undefined) throw new ZfsError(`cannot open '${name}': dataset does not exist`);
    return pool;
  }

  /** A real one would wait here until the pool's disks are back. */
  #refuseSuspended(name: string): void {
    if (poolHealth(this.machine, this.#pool(name)) === "SUSPENDED")
      throw new ZfsError(`cannot open '${name}': pool I/O is currently suspended`);
  }

  #dataset(name: string, failed: string): Dataset {
    const dataset = this.state.dataset(name);
    if (dataset === undefined) throw new ZfsError(`${failed}: dataset does not exist`);
    return dataset;
  }

  #snapshot(name: string): { owner: Dataset; snapshot: Snapshot } {
    const found = this.state.findSnapshot(name);
    if (found === undefined) throw new ZfsError(`cannot open '${name}': dataset does not exist`);
    return found;
  }
}

/** Opens the ZFS of a host and mounts what was mounted. */
export function openZfs(place: ZfsPlace): LabZfs {
  const zfs = new LabZfs(place);
  zfs.pools.boot();
  return zfs;
}
