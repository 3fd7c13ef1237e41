import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import type { Estate } from "../../config";
import type { Host } from "../host";
import { Zfs } from "./zfs/zfs";

export interface HypervisorArgs {
  host: Host;
  estate: Estate;
}

/** The host below the guests. Areas are registered in the order in which they must be there. */
export class Hypervisor extends pulumi.ComponentResource {
  /** What every other step on the host relies on. */
  readonly prepared: pulumi.Resource;
  private readonly zfs: Zfs;

  constructor(name: string, args: HypervisorArgs, opts?: pulumi.ComponentResourceOptions) {
    super("phoenix:hypervisor:Hypervisor", name, {}, opts);
    const { host, estate } = args;
    const prepare = { script: [join(__dirname, "scripts", "prepare.sh")], settings: {} };
    this.prepared = host.step(`${name}-prepare`, prepare, { parent: this });
    this.zfs = new Zfs(
      `${name}-zfs`,
      {
        host,
        pools: estate.pools,
        datasets: estate.datasets,
        storages: estate.storages,
        arcMaxGb: estate.arcMaxGb,
      },
      { parent: this, dependsOn: this.prepared },
    );
    this.registerOutputs({});
  }

  /** What must be there before a volume on this storage can be: its own step, or the prepared host. */
  storage(id: string): pulumi.Resource {
    return this.zfs.storage(id) ?? this.prepared;
  }
}
