import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import type { DatasetSpec, PoolSpec, StorageSpec } from "../../../config";
import type { Host } from "../../host";

const script = (name: string) => join(__dirname, "scripts", `${name}.sh`);

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
 * Pools and datasets have no delete step: neither `destroy` nor a removed line takes data away. A storage
 * is only an entry of Proxmox VE's configuration and goes when this stack made it.
 */
export class Zfs extends pulumi.ComponentResource {
  private readonly storages = new Map<string, pulumi.Resource>();

  constructor(name: string, args: ZfsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("phoenix:hypervisor:Zfs", name, {}, opts);
    const { host } = args;
    const before = opts?.dependsOn;
    if (args.arcMaxGb !== undefined) {
      host.step(
        `${name}-arc`,
        { script: [script("arc")], remove: [script("arc-remove")], settings: { arcMaxGb: args.arcMaxGb } },
        { parent: this, dependsOn: before },
      );
    }
    const pools = new Map(
      args.pools.map((pool) => {
        const settings = { name: pool.name, raidLevel: pool.raidLevel, disks: pool.disks };
        const step = { script: [script("pool")], settings };
        return [pool.name, host.step(`${name}-pool-${pool.name}`, step, { parent: this, dependsOn: before })];
      }),
    );
    const datasets = new Map(
      args.datasets.map((dataset) => {
        const settings = { name: dataset.fullName, properties: dataset.properties };
        const resource = host.step(
          `${name}-dataset-${dataset.pool}-${dataset.name}`,
          { script: [script("dataset")], settings },
          { parent: this, dependsOn: pools.get(dataset.pool) },
        );
        return [dataset.fullName, resource];
      }),
    );
    for (const storage of args.storages) {
      const settings = storageSettings(storage);
      const step = { script: [script("storage")], remove: [script("storage-remove")], settings };
      const options = { parent: this, dependsOn: datasets.get(storage.dataset) };
      this.storages.set(storage.id, host.step(`${name}-storage-${storage.id}`, step, options));
    }
    this.registerOutputs({});
  }

  /** The step that makes a storage; undefined for one that Proxmox VE ships or somebody else made. */
  storage(id: string): pulumi.Resource | undefined {
    return this.storages.get(id);
  }
}

function storageSettings(storage: StorageSpec): Record<string, unknown> {
  return {
    id: storage.id,
    type: storage.type,
    location: storage.type === "dir" ? storage.path : storage.pool,
    content: storage.content,
  };
}
