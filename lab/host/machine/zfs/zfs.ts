/** The lab's ZFS: datasets and snapshots. Pools are in pools.ts. */
import type { Machine, Store, Zfs } from "../../types";
import { ZfsData } from "./data";
import { explain, ZfsError } from "./errors";
import { checkName, parentOf, poolOf, splitSnapshot } from "./names";
import { Pools } from "./pools";
import { isUserProperty, parseValue, printValue, properties, propertyName } from "./properties";
import { measure, type Space } from "./space";
import { type Dataset, type Pool, type Snapshot, ZfsState } from "./state";

/** A property's value and where it comes from, as `zfs get` prints the source. */
export interface Found {
  value: string;
  source: "-" | "local" | "default" | "temporary" | `inherited from ${string}`;
}

export interface ZfsPlace {
  /** The host's root file system. */
  root: string;
  /** Folder of the data. */
  data: string;
  store: Store;
  machine: Machine;
}

export class LabZfs implements Zfs {
  readonly state: ZfsState;
  readonly data: ZfsData;
  readonly pools: Pools;
  readonly machine: Machine;

  constructor(place: ZfsPlace) {
    this.machine = place.machine;
    this.state = new ZfsState(place.store);
    this.data = new ZfsData(place.root, place.data);
    this.pools = new Pools(place, this);
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
    if (!options.recursive) this.#refuseChildren(name);
    const outside = this.#clonesOutside(name);
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
    explain(failed, () => {
      const applies = dataset.type === "volume" ? "v" : "f";
      const [full, value] = parseValue(property, text, applies, false);
      this.#checkSpace(name, full, Number(value));
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
    return this.#mountpoint(name).value;
  }

  /** A property's canonical value and source; undefined when the dataset or the property does not exist. */
  find(
    name: string,
    property: string,
    spaces = new Map<string, ReturnType<typeof measure>>(),
  ): Found | undefined {
    const full = propertyName(property) ?? property;
    const found = this.state.findSnapshot(name);
    const dataset = found?.owner ?? this.state.dataset(name);
    if (dataset === undefined) return undefined;
    if (full === "name") return { value: name, source: "-" };
    const known = properties[full];
    const applies = found ? "s" : dataset.type === "volume" ? "v" : "f";
    if (known === undefined) return this.#userProperty(name, full, found?.snapshot);
    if (!known.applies.includes(applies)) return { value: "-", source: "-" };
    if (known.kind === "readonly")
      return { value: this.#computed(name, full, dataset, found?.snapshot, spaces), source: "-" };
    if (full === "mountpoint") return this.#mountpoint(name);
    const [owner] = splitSnapshot(name);
    return (
      this.#inherited(owner, full, found !== undefined || known.kind !== "inherit") ?? {
        value: known.initial ?? "-",
        source: "default",
      }
    );
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

  /** Space of all datasets of a pool. */
  measure(pool: Pool): ReturnType<typeof measure> {
    return measure(this.machine, this.state, this.data, pool);
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

  #checkSpace(name: string, property: string, value: number): void {
    if (value === 0 || !/^(ref)?(quota|reservation)$/.test(property)) return;
    const space = this.measure(this.#pool(name)).datasets.get(name);
    if (space === undefined) return;
    if (property === "quota" && value < space.used)
      throw new ZfsError("size is less than current used or reserved space");
    if (property === "refquota" && value < space.referenced) {
      throw new ZfsError("size is less than current used or reserved space");
    }
    if (property.endsWith("reservation") && value > space.used + space.available) {
      throw new ZfsError("size is greater than available space");
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

  #refuseChildren(name: string): void {
    if (parentOf(name) === undefined) {
      throw new ZfsError(
        [
          `cannot destroy '${name}': operation does not apply to pools`,
          `use 'zfs destroy -r ${name}' to destroy all datasets in the pool`,
          `use 'zpool destroy ${name}' to destroy the pool itself`,
        ].join("\n"),
      );
    }
    const below = this.state
      .tree(name)
      .flatMap((one) => [
        ...(one === name ? [] : [one]),
        ...this.snapshots(one).map((snapshot) => `${one}@${snapshot}`),
      ]);
    if (below.length > 0) {
      const type = this.state.dataset(name)?.type ?? "filesystem";
      throw new ZfsError(
        [
          `cannot destroy '${name}': ${type} has children`,
          "use '-r' to destroy the following datasets:",
          ...below,
        ].join("\n"),
      );
    }
  }

  /** Clones of a tree's snapshots that do not lie in the tree. */
  #clonesOutside(name: string): string[] {
    const tree = this.state.tree(name);
    const pool = this.#pool(name);
    return tree
      .flatMap((one) => this.state.dataset(one)?.snapshots ?? [])
      .flatMap(({ id }) => this.state.clones(pool, id))
      .filter((clone) => !tree.includes(clone));
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

  #userProperty(name: string, property: string, snapshot: Snapshot | undefined): Found {
    const own = snapshot?.properties[property];
    if (own !== undefined) return { value: own, source: "local" };
    const [owner] = splitSnapshot(name);
    return this.#inherited(owner, property, false) ?? { value: "-", source: "-" };
  }

  #inherited(name: string, property: string, onlyHere: boolean): Found | undefined {
    for (
      let above: string | undefined = name;
      above !== undefined;
      above = onlyHere ? undefined : parentOf(above)
    ) {
      const value = this.state.dataset(above)?.properties[property];
      if (value !== undefined) return { value, source: above === name ? "local" : `inherited from ${above}` };
    }
    return undefined;
  }

  #mountpoint(name: string): Found {
    const set = this.#inherited(name, "mountpoint", false);
    if (set === undefined) return { value: `/${name}`, source: "default" };
    if (set.source === "local" || set.value === "none" || set.value === "legacy") return set;
    const above = set.source.slice("inherited from ".length);
    return { value: `${set.value === "/" ? "" : set.value}${name.slice(above.length)}`, source: set.source };
  }

  #computed(
    name: string,
    property: string,
    dataset: Dataset,
    snapshot: Snapshot | undefined,
    spaces: Map<string, ReturnType<typeof measure>>,
  ): string {
    const pool = this.#pool(name);
    const entity = snapshot ?? dataset;
    switch (property) {
      case "type":
        return snapshot ? "snapshot" : dataset.type;
      case "creation":
        return String(entity.created);
      case "createtxg":
      case "objsetid":
        return String(entity.id);
      case "guid":
        return entity.guid;
      case "mounted":
        return dataset.mounted ? "yes" : "no";
      case "origin":
        return dataset.origin === undefined ? "-" : (this.state.snapshotName(pool, dataset.origin) ?? "-");
      case "compressratio":
      case "refcompressratio":
        return "1.00x";
      default:
    }
    const measured = spaces.get(pool.name) ?? this.measure(pool);
    spaces.set(pool.name, measured);
    const key =
      { written: "referenced", logicalused: "used", logicalreferenced: "referenced" }[property] ?? property;
    const space: Partial<Space> | undefined = snapshot
      ? measured.snapshots.get(snapshot.id)
      : measured.datasets.get(name);
    return String(space?.[key as keyof Space] ?? 0);
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
