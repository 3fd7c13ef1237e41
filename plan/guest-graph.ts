/** Which guest waits for which, as the plan has it. */
import { type GraphNode, type GuestRef } from "../config/graph";
import { guestsOf, refOf } from "../config/guests";
import type { Estate } from "../config/model";
import { Edges } from "./edges";
import { planEstate } from "./estate";
import { filesOnly } from "./facts";
import { titleOf } from "./titles";

/** The guests of an estate in its order, each with the guests that it waits for in the plan. */
export function guestGraph(estate: Estate): GraphNode[] {
  const edges = new Edges(planEstate(estate, filesOnly));
  const guests = guestsOf(estate);
  const refs = new Map<string, GuestRef>(guests.map((spec) => [titleOf(spec), refOf(spec)]));
  return guests.map((spec) => {
    const needed = edges.neededBy(titleOf(spec));
    const cloneFrom = needed.source === undefined ? undefined : refs.get(needed.source);
    return {
      ctid: refOf(spec),
      name: spec.name,
      ...(spec.bootOrder !== undefined && { bootOrder: spec.bootOrder }),
      dependencies: needed.guests.flatMap((title) => refs.get(title) ?? []),
      ...(cloneFrom !== undefined && { cloneFrom }),
    };
  });
}
