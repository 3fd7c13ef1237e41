/** What the node has of guests, and what that means for the stack's own. Knows nothing of Pulumi. */
import type { AdoptedSettings } from "../../config/adopted";

/** A guest that the node has already. */
export interface PresentGuest {
  name: string;
  tags: string[];
}

/** The node's containers by CTID, or its machines by VMID. */
export type Presence = Map<number, PresentGuest>;

/** That many random bytes, as hexadecimal digits. */
export type Random = (bytes: number) => string;

/** What there is to know of a node when the stack has no guests of a kind. */
export const emptyNode: Presence = new Map();

/** True when a guest is there under this id and does not carry the stack's tag. */
export function isForeign(presence: Presence, id: number, tag: string): boolean {
  const guest = presence.get(id);
  return guest !== undefined && !guest.tags.includes(tag);
}

/** The stack that a guest's tags name, if it is another one. */
function otherStack({ tags }: PresentGuest, tag: string): string | undefined {
  return tags
    .find((other) => other.startsWith("phoenix-") && other !== tag && !other.includes("+"))
    ?.slice("phoenix-".length);
}

/**
 * The adopted guests without those that carry the stack's tag. A guest gets the tag when its entry changes for the first
 * time, and is converged from then on, even if the entry is changed back: without its steps, their removals would run on
 * a guest that stays.
 */
export function notYetOurs(adopted: AdoptedSettings, presences: Presence[], tag: string): AdoptedSettings {
  const isOurs = (id: number) => presences.some((presence) => presence.get(id)?.tags.includes(tag));
  return new Map([...adopted].filter(([id]) => !isOurs(id)));
}

/** The preview's warning about a guest that `isForeign`: only the node knows whether an interrupted run left it. */
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
 * An input of the claim step: undefined while the CTID is free or ours; otherwise random, so that the check on the node
 * runs again before the provider uses that id. The check of an earlier run says nothing about a container that was created
 * since.
 */
export function checkAgain(presence: Presence, id: number, tag: string, random: Random): string | undefined {
  return isForeign(presence, id, tag) ? random(16) : undefined;
}

/**
 * The incarnation tag of a guest, `<tag>+<8 hex digits>`: another one each time that the guest is created. It is read from
 * an existing guest, and new when there is none. Every step has it as a setting (`incarnation`), so that a guest that
 * somebody deleted is recreated and all its steps run again.
 */
export function incarnationTag(
  presence: Presence,
  id: number,
  tag: string,
  random: Random,
): string | undefined {
  const guest = presence.get(id);
  return guest === undefined
    ? `${tag}+${random(4)}`
    : guest.tags.find((other) => other.startsWith(`${tag}+`));
}

/** The VMID of this stack's machine of that name; undefined while there is none. */
export function vmidOf(presence: Presence, name: string, tag: string): number | undefined {
  for (const [vmid, guest] of presence) {
    if (guest.name === name && guest.tags.includes(tag)) return vmid;
  }
  return undefined;
}
