/** Questions to the node's API: which guests it has. */
import * as pulumi from "@pulumi/pulumi";
import * as proxmoxve from "@muhlba91/pulumi-proxmoxve";
import { proxmoxReason } from "../../config/proxmox-reason";
import type { Presence } from "./presence";

/**
 * Asks the node which containers it has, one API request a run. What Pulumi's state cannot know comes from
 * here: which CTIDs somebody else took, and which containers are gone.
 *
 * @throws RunError when the API does not answer: without it nothing can be planned safely
 */
export async function lookAtNode(provider: proxmoxve.Provider, nodeName: string): Promise<Presence> {
  try {
    const { containers } = await proxmoxve.getContainersLegacy({ nodeName }, { provider });
    return new Map(containers.map((guest) => [guest.vmId, { name: guest.name, tags: guest.tags ?? [] }]));
  } catch (error) {
    throw unanswered(nodeName, "containers", error);
  }
}

/** The mistake to report when the node's API does not say which guests there are: its reason first. */
export function unanswered(nodeName: string, guests: string, error: unknown): pulumi.RunError {
  const message = error instanceof Error ? error.message : String(error);
  const reason = proxmoxReason(message);
  return new pulumi.RunError(
    `node '${nodeName}' could not be asked over its API which ${guests} it has` +
      `${reason === undefined ? "" : `: ${reason}`}; nothing was changed.\n` +
      "Check phoenix:apiEndpoint, phoenix:apiUser, phoenix:apiPassword and phoenix:nodeName." +
      (reason === undefined ? ` It said:\n${message}` : ""),
  );
}

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
