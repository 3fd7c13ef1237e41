import * as pulumi from "@pulumi/pulumi";
import type { DatasetSpec, PoolSpec, StorageSpec } from "../../../config";
import type { Host } from "../../host";
import { arcStep, datasetStep, poolStep, storageStep, wantedStep, type ZfsStep } from "./steps";

export interface ZfsArgs {
  host: Host;
  pools: PoolSpec[];
  datasets: DatasetSpec[];
  storages: StorageSpec[];
  /** Most memory for ZFS's cache, GiB; undefined leaves the node's own limit. */
  arcMaxGb?: number;
}

/**
 * Pools, datasets, the storages on them, and the limit of ZFS's cache.
 *
 * A pool or dataset has a delete step only where the configuration says `destroy_on_teardown` for that one:
 * neither `destroy` nor a removed line takes other data away. A storage is only an entry of Proxmox VE's
 * configuration and goes when this stack made it.
 */
export class Zfs extends pulumi.ComponentResource {
  /** Pools, datasets and storages: what an area that shares folders waits for. */
  readonly done: pulumi.Resource[];
  private readonly storages = new Map<string, pulumi.Resource>();

  constructor(name: string, args: ZfsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("phoenix:hypervisor:Zfs", name, {}, opts);
    const before = opts?.dependsOn;
    const register = (
      { name: step, script, remove, makes, settings }: Omit<ZfsStep, "verify">,
      dependsOn: typeof before,
    ) => args.host.step(`${name}-${step}`, { script, remove, makes, settings }, { parent: this, dependsOn });
    const hold = (step: ZfsStep, dependsOn: typeof before) => {
      const held = register(step, dependsOn);
      if (step.remove) register(wantedStep(step), held);
      return held;
    };
    if (args.arcMaxGb !== undefined) register(arcStep(args.arcMaxGb), before);
    const pools = new Map(args.pools.map((pool) => [pool.name, hold(poolStep(pool, args.storages), before)]));
    const datasets = new Map<string, pulumi.Resource>();
    for (const dataset of args.datasets) {
      const above = datasets.get(dataset.fullName.slice(0, dataset.fullName.lastIndexOf("/")));
      const step = datasetStep(dataset, args.storages);
      datasets.set(dataset.fullName, hold(step, above ?? pools.get(dataset.pool)));
    }
    for (const storage of args.storages) {
      this.storages.set(storage.id, register(storageStep(storage), datasets.get(storage.dataset)));
    }
    this.done = [...pools.values(), ...datasets.values(), ...this.storages.values()];
    this.registerOutputs({});
  }

  /** The step that makes a storage; undefined for one that Proxmox VE ships or somebody else made. */
  storage(id: string): pulumi.Resource | undefined {
    return this.storages.get(id);
  }
}
