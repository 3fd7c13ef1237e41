import { randomBytes, randomUUID } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import * as proxmoxve from "@muhlba91/pulumi-proxmoxve";
import { proxmoxReason } from "../../config/proxmox-reason";
import type { AdoptedSettings } from "../../config";

/** A container that the node has already. */
export interface PresentGuest {
  name: string;
  tags: string[];
}

/** The node's containers by CTID. */
export type Presence = Map<number, PresentGuest>;

/** What there is to know of a node when the stack has no containers. */
export const emptyNode: Presence = new Map();

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

/** True when a container is there under this CTID and does not carry the stack's tag. */
export function isForeign(presence: Presence, ctid: number, tag: string): boolean {
  const guest = presence.get(ctid);
  return guest !== undefined && !guest.tags.includes(tag);
}

/** The stack that a guest's tags name, if it is another one. */
function otherStack({ tags }: PresentGuest, tag: string): string | undefined {
  return tags
    .find((other) => other.startsWith("phoenix-") && other !== tag && !other.includes("+"))
    ?.slice("phoenix-".length);
}

/**
 * The adopted guests without those that carry the stack's tag. One gets it at its first own change, and is converged
 * from then on, also when its entry is again as it was adopted: to hold it once more would run the removals of its steps
 * on a guest that stays.
 */
export function notYetOurs(adopted: AdoptedSettings, presences: Presence[], tag: string): AdoptedSettings {
  const isOurs = (id: number) => presences.some((presence) => presence.get(id)?.tags.includes(tag));
  return new Map([...adopted].filter(([id]) => !isOurs(id)));
}

/** What a preview says of a guest that `isForeign`: whether a run that was cut off left it, only the node knows. */
export function foreignWarning(guest: string, present: PresentGuest, node: string, tag: string): string {
  const { name } = present;
  const other = otherStack(present, tag);
  if (other !== undefined) {
    return (
      `${guest} exists on node '${node}' as '${name}' and belongs to stack '${other}': 'up' will refuse it and leave ` +
      `it untouched; if this stack was renamed from it: pulumi config set phoenix:identity ${other}`
    );
  }
  return (
    `${guest} exists on node '${node}' as '${name}' and is not of this stack (it has no tag '${tag}'): ` +
    `'up' will refuse it and leave it untouched, unless a run of this stack left it half made`
  );
}

/**
 * An input of the claim step. It is stable while the CTID is free or ours; otherwise it differs each time,
 * so that the proof on the node runs again before the provider is let near that id: the proof of an
 * earlier run says nothing about a container that came since.
 */
export function recheck(presence: Presence, ctid: number, tag: string): string | undefined {
  return isForeign(presence, ctid, tag) ? randomUUID() : undefined;
}

/**
 * A tag that tells one making of a container from the next, `<tag>+<8 hex digits>`: read from the container
 * that is there, new when there is none. It is an input of every step, so a container that somebody
 * deleted is made anew and all its steps run again.
 */
export function birthTag(presence: Presence, ctid: number, tag: string): string | undefined {
  const guest = presence.get(ctid);
  return guest === undefined
    ? `${tag}+${randomBytes(4).toString("hex")}`
    : guest.tags.find((other) => other.startsWith(`${tag}+`));
}
