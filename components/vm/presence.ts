import * as proxmoxve from "@muhlba91/pulumi-proxmoxve";
import { type Presence, unanswered } from "../container/presence";

/**
 * Asks the node which machines it has, one API request a run.
 *
 * @throws RunError when the API does not answer: without it nothing can be planned safely
 */
export async function lookAtMachines(provider: proxmoxve.Provider, nodeName: string): Promise<Presence> {
  try {
    const { vms } = await proxmoxve.getVmsLegacy({ nodeName }, { provider });
    return new Map(vms.map((vm) => [vm.vmId, { name: vm.name, tags: vm.tags ?? [] }]));
  } catch (error) {
    throw unanswered(nodeName, "virtual machines", error);
  }
}

/** The VMID of this stack's machine of that name; undefined while there is none. */
export function vmidOf(presence: Presence, name: string, tag: string): number | undefined {
  for (const [vmid, guest] of presence) {
    if (guest.name === name && guest.tags.includes(tag)) return vmid;
  }
  return undefined;
}
