import * as pulumi from "@pulumi/pulumi";
import type { Host } from "../../host";
import type { DatacenterFirewallSteps } from "./steps";

export interface DatacenterFirewallArgs extends DatacenterFirewallSteps {
  host: Host;
}

/** The datacenter's firewall: changed with a guard that takes it back by itself, then confirmed. */
export class DatacenterFirewall extends pulumi.ComponentResource {
  constructor(name: string, args: DatacenterFirewallArgs, opts?: pulumi.ComponentResourceOptions) {
    super("phoenix:hypervisor:DatacenterFirewall", name, {}, opts);
    const { host, change, confirm } = args;
    const changed = host.step(name, change, { parent: this, dependsOn: opts?.dependsOn });
    // Over a connection of its own: that it comes about is what it confirms. A change that is made anew is open again.
    host.step(`${name}-confirm`, confirm, { parent: this, dependsOn: changed, replaceWith: [changed] });
    this.registerOutputs({});
  }
}
