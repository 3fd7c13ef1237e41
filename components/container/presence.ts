import { randomUUID } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import * as proxmoxve from "@muhlba91/pulumi-proxmoxve";

/** A container that the node has already. */
export interface PresentGuest {
  name: string;
  tags: string[];
}

/** The node's containers by CTID; undefined when the node could not be asked. */
export type Presence = Map<number, PresentGuest> | undefined;

/**
 * Asks the node which containers it has, one API request a run. It decides nothing: it says what the
 * preview should warn about and which CTIDs must be proven again on the node.
 */
export async function lookAtNode(provider: proxmoxve.Provider, nodeName: string): Promise<Presence> {
  try {
    const { containers } = await proxmoxve.getContainersLegacy({ nodeName }, { provider });
    return new Map(containers.map((guest) => [guest.vmId, { name: guest.name, tags: guest.tags ?? [] }]));
  } catch {
    void pulumi.log.warn(
      `node '${nodeName}' does not answer on its API: what is there could not be compared with the plan`,
    );
    return undefined;
  }
}

/** True when a container is there under this CTID and does not carry the stack's tag. */
export function isForeign(presence: Presence, ctid: number, tag: string): boolean {
  const guest = presence?.get(ctid);
  return guest !== undefined && !guest.tags.includes(tag);
}

/**
 * An input of the claim step. It is stable while the CTID is free or ours; otherwise it differs each time,
 * so that the proof on the node runs again before the provider is let near that id: the proof of an
 * earlier run says nothing about a container that came since.
 */
export function recheck(presence: Presence, ctid: number, tag: string): string | undefined {
  return presence === undefined || isForeign(presence, ctid, tag) ? randomUUID() : undefined;
}
