/** What every other step needs; it also registers the stack on the node. */
import type { Estate } from "../../../config/model";
import { roomScripts } from "../../../plan/room";
import type { StepBody } from "../../../plan/step";
import { guestNeeds } from "../guest-needs";

export interface Settings {
  /** The name by which the stack is known on the node. */
  identity: string;
  /** Whether the stack sets the host up: one stack does. */
  setUp: boolean;
  /** What guests of a stack without the host's set-up need of it: name → guests, as `CT 120 beta`. */
  needs?: Record<string, string[]>;
}

/** The one look that can be run on a node without jq. */
export const lookWithoutJq = roomScripts(__dirname).look;

/** A stack without the host's set-up needs things of the host: a stack that removes the set-up must not remove these. */
export function prepareStep(estate: Estate, identity: string, setUp: boolean): StepBody<Settings> {
  const settings = setUp ? { setUp } : { setUp, needs: guestNeeds(estate) };
  return { ...roomScripts(__dirname), settings: { identity, ...settings } };
}
