import type * as proxmoxve from "@muhlba91/pulumi-proxmoxve";

/** Where the resources of a stack are made. */
export interface Target {
  provider: proxmoxve.Provider;
  /** Name of the Proxmox VE node. */
  node: string;
  /** The name by which the stack is known on the node; it stands in descriptions. */
  stack: string;
}
