import type { DatasetSpec, PoolSpec, StorageSpec } from "../../../config/model";
import { component } from "../../../plan/build";
import type { Component } from "../../../plan/step";
import { hostStep } from "../host-step";
import { arcStep, datasetStep, poolStep, storageStep, wantedStep, type ZfsStep } from "./steps";

export interface ZfsArgs {
  pools: PoolSpec[];
  /** Parents before their children. */
  datasets: DatasetSpec[];
  storages: StorageSpec[];
  /** Most memory for ZFS's cache, GiB; undefined leaves the node's own limit. */
  arcMaxGb?: number;
}

/** What the area is to others. */
export interface ZfsPlan {
  component: Component;
  /** Names of pools, datasets and storages: what an area that shares folders waits for. */
  done: string[];
  /** Names of the steps that make storages, by the storage's id. */
  storages: Map<string, string>;
}

/** Pools, datasets, the storages on them, and the limit of ZFS's cache. */
export function planZfs(title: string, args: ZfsArgs, parent: string | undefined, needs: string[]): ZfsPlan {
  const steps: Component["steps"] = [];
  const add = (step: ZfsStep, after: string[]) => {
    const name = `${title}-${step.name}`;
    steps.push(hostStep(name, step, { needs: after }));
    return name;
  };
  const addData = (step: ZfsStep, after: string[]) => {
    const name = add(step, after);
    if (step.remove) add(wantedStep(step), [name]);
    return name;
  };
  if (args.arcMaxGb !== undefined) add(arcStep(args.arcMaxGb), needs);
  const pools = new Map(args.pools.map((pool) => [pool.name, addData(poolStep(pool, args.storages), needs)]));
  const datasets = new Map<string, string>();
  for (const dataset of args.datasets) {
    const above =
      datasets.get(dataset.fullName.slice(0, dataset.fullName.lastIndexOf("/"))) ?? pools.get(dataset.pool);
    datasets.set(
      dataset.fullName,
      addData(datasetStep(dataset, args.storages), above === undefined ? [] : [above]),
    );
  }
  const storages = new Map(
    args.storages.map((storage) => {
      const dataset = datasets.get(storage.dataset);
      return [storage.id, add(storageStep(storage), dataset === undefined ? [] : [dataset])];
    }),
  );
  const outputs = {
    storages: Object.fromEntries(
      args.storages.map(({ id, type, path, pool }) => [id, type === "dir" ? { type, path } : { type, pool }]),
    ),
  };
  return {
    component: component("phoenix:hypervisor:Zfs", title, { parent, needs, steps, outputs }),
    done: [...pools.values(), ...datasets.values(), ...storages.values()],
    storages,
  };
}
