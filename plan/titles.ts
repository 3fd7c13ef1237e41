/** Names of components. */
import type { ContainerSpec, VmSpec } from "../config/model";

/** Those that every stack has. */
export const titles = { host: "host", machines: "vms", containers: "guests" };

/** A guest's component: a machine's by its VMID where the entry gives one, else by its name. */
export const titleOf = (spec: Pick<ContainerSpec, "ctid"> | Pick<VmSpec, "vmid" | "name">): string =>
  "ctid" in spec ? `ct-${spec.ctid}` : `vm-${spec.vmid ?? spec.name}`;
