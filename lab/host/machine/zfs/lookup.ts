/** Reading the lab's ZFS: properties with their sources, mount points, space. */
import type { Machine } from "../../types";
import type { ZfsData } from "./data";
import { parentOf, poolOf, splitSnapshot } from "./names";
import { properties, propertyName } from "./properties";
import { measure, type Space } from "./space";
import type { Dataset, Pool, Snapshot, ZfsState } from "./state";

/** A property's value and where it comes from, as `zfs get` prints the source. */
export interface Found {
  value: string;
  source: "-" | "local" | "default" | "temporary" | `inherited from ${string}`;
}

/** Space by pool, measured once for many questions. */
export type Measured = Map<string, ReturnType<typeof measure>>;

export class Lookup {
  readonly #machine: Machine;
  readonly #state: ZfsState;
  readonly #data: ZfsData;

  constructor(machine: Machine, state: ZfsState, data: ZfsData) {
    this.#machine = machine;
    this.#state = state;
    this.#data = data;
  }

  /** A property's canonical value and source; undefined when the dataset or the property does not exist. */
  find(name: string, property: string, measured: Measured = new Map()): Found | undefined {
    const full = propertyName(property) ?? property;
    const found = this.#state.findSnapshot(name);
    const dataset = found?.owner ?? this.#state.dataset(name);
    if (dataset === undefined) return undefined;
    if (full === "name") return { value: name, source: "-" };
    const known = properties[full];
    const applies = found ? "s" : dataset.type === "volume" ? "v" : "f";
    if (known === undefined) return this.#userProperty(name, full, found?.snapshot);
    if (!known.applies.includes(applies)) return { value: "-", source: "-" };
    if (known.kind === "readonly")
      return { value: this.#computed(name, full, dataset, found?.snapshot, measured), source: "-" };
    if (full === "mountpoint") return this.mountpoint(name);
    const [owner] = splitSnapshot(name);
    return (
      this.#inherited(owner, full, found !== undefined || known.kind !== "inherit") ?? {
        value: known.initial ?? "-",
        source: "default",
      }
    );
  }

  /** Space of all datasets of a pool. */
  measure(pool: Pool): ReturnType<typeof measure> {
    return measure(this.#machine, this.#state, this.#data, pool);
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
      const value = this.#state.dataset(above)?.properties[property];
      if (value !== undefined) return { value, source: above === name ? "local" : `inherited from ${above}` };
    }
    return undefined;
  }

  mountpoint(name: string): Found {
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
    measured: Measured,
  ): string {
    const pool = this.#state.pool(poolOf(name));
    if (pool === undefined) return "-";
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
        return dataset.origin === undefined ? "-" : (this.#state.snapshotName(pool, dataset.origin) ?? "-");
      case "compressratio":
      case "refcompressratio":
        return "1.00x";
      default:
    }
    const sizes = measured.get(pool.name) ?? this.measure(pool);
    measured.set(pool.name, sizes);
    const key =
      { written: "referenced", logicalused: "used", logicalreferenced: "referenced" }[property] ?? property;
    const space: Partial<Space> | undefined = snapshot
      ? sizes.snapshots.get(snapshot.id)
      : sizes.datasets.get(name);
    return String(space?.[key as keyof Space] ?? 0);
  }
}
