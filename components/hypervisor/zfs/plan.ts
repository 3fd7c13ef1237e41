import type { DatasetSpec, PoolSpec, StorageSpec } from "../../../config/model";
import { component } from "../../../plan/build";
import type { Component, StepBody } from "../../../plan/step";
import { hostStep } from "../host-step";
import { arcStep } from "./arc/step";
import { datasetStep } from "./dataset/step";
import { poolStep } from "./pool/step";
import { storageStep } from "./storage/step";
import { wantedStep } from "./wanted/step";

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
  const add = (key: string, step: StepBody, after: string[]) => {
    const name = `${title}-${key}`;
    steps.push(hostStep(name, step, { needs: after }));
    return name;
  };
  const addData = (key: string, step: StepBody<{ name: string }>, after: string[]) => {
    const name = add(key, step, after);
    if (step.remove) add(`wanted-${key}`, wantedStep(step.settings.name), [name]);
    return name;
  };
  if (args.arcMaxGb !== undefined) add("arc", arcStep(args.arcMaxGb), needs);
  const pools = new Map(
    args.pools.map((pool) => [pool.name, addData(`pool-${pool.name}`, poolStep(pool, args.storages), needs)]),
  );
  const datasets = new Map<string, string>();
  for (const dataset of args.datasets) {
    const { fullName, pool, name } = dataset;
    const above = datasets.get(fullName.slice(0, fullName.lastIndexOf("/"))) ?? pools.get(dataset.pool);
    const step = datasetStep(dataset, args.storages);
    datasets.set(fullName, addData(`dataset-${pool}-${name}`, step, above === undefined ? [] : [above]));
  }
  const storages = new Map(
    args.storages.map((storage) => {
      const dataset = datasets.get(storage.dataset);
      const after = dataset === undefined ? [] : [dataset];
      return [storage.id, add(`storage-${storage.id}`, storageStep(storage), after)];
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
