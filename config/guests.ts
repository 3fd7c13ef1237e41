/** Guests of both kinds: their references, and their common order. */
import type { ContainerSpec } from "./container-spec";
import type { GuestRef } from "./graph";
import type { Estate } from "./model";
import type { VmSpec } from "./vms";

/** How other guests refer to a guest. */
export const refOf = (spec: ContainerSpec | VmSpec): GuestRef => ("ctid" in spec ? spec.ctid : spec.name);

/** Containers and machines in the order of both. */
export function guestsOf(estate: Pick<Estate, "guests" | "containers" | "vms">): (ContainerSpec | VmSpec)[] {
  const { guests, containers, vms } = estate;
  const byRef = new Map([...containers, ...vms].map((spec) => [refOf(spec), spec]));
  return guests.flatMap((ref) => byRef.get(ref) ?? []);
}
