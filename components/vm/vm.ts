import type * as pulumi from "@pulumi/pulumi";
import { PlannedComponent } from "../planned-component";

/**
 * One virtual machine, each step of its life a resource (plan.ts has them in their order).
 *
 * The machine is protected: neither a removed entry nor a change that needs it recreated deletes it, unless
 * `phoenix:allowRecreate` or `phoenix:protectGuests` says so. When it is recreated, by that or because somebody deleted
 * it, all its steps run again.
 */
export class Vm extends PlannedComponent {
  /** Its VMID: given, or chosen by the node. */
  declare readonly vmid: pulumi.Output<number>;
  declare readonly hostname: pulumi.Output<string>;
  /** With prefix length; `dhcp` where the network gives one. */
  declare readonly address: pulumi.Output<string>;
  /** Name of the Proxmox VE node. */
  declare readonly node: pulumi.Output<string>;
}
