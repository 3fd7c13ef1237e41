/** Guests that a command line names, among those that a stack's state holds. */
import type { Estate } from "../config/model";
import { titleOf } from "../plan/titles";
import { BAD_ARGUMENTS, UserError } from "./errors";
import type { ChosenIds, Scope } from "./scope";
import { shown } from "./estate";
import type { EstateFiles } from "./stack";
import { guestsInState, guestTitle, type StateGuest, urnsOf } from "./state";

/**
 * The guests that words name, by id or by name.
 *
 * @throws UserError when a stack has no such guest, or two of a name
 */
export function guestsNamed(exported: string, stack: string, words: readonly string[]): StateGuest[] {
  const guests = guestsInState(exported);
  const find = (word: string) => {
    const byId = guests.filter(({ id }) => word === String(id));
    return byId.length > 0 ? byId : guests.filter(({ name }) => word === name);
  };
  const unknown = words.filter((word) => find(word).length === 0);
  if (unknown.length > 0) {
    const has = guests.length > 0 ? `it has ${guests.map(guestTitle).join(", ")}` : "it has none yet";
    throw new UserError(`Stack ${stack} has no guest ${unknown.join(", ")}; ${has}.`, BAD_ARGUMENTS);
  }
  const two = words.map(find).find((found) => found.length > 1);
  if (two) {
    throw new UserError(
      `${two.map(guestTitle).join(" and ")} have the same name: give the id.`,
      BAD_ARGUMENTS,
    );
  }
  const named = new Set(words.flatMap(find));
  return guests.filter((guest) => named.has(guest));
}

/** VMIDs that the node chose for machines of the files. */
export function chosenIds(exported: string, { vms }: Pick<Estate, "vms">): ChosenIds {
  const unnumbered = new Set(vms.filter(({ vmid }) => vmid === undefined).map(titleOf));
  return new Map(
    guestsInState(exported).flatMap(({ resource, id }) =>
      unnumbered.has(resource) && id > 0 ? [[resource.slice("vm-".length), id] as const] : [],
    ),
  );
}

/** @throws UserError when a guest is protected: nothing has been changed then */
export function refuseProtected(guests: readonly StateGuest[], what: string): void {
  const protectedOnes = guests.filter((guest) => guest.protected);
  if (protectedOnes.length === 0) return;
  const are =
    protectedOnes.length === 1
      ? "is protected (protect in its entry)"
      : "are protected (protect in their entries)";
  throw new UserError(
    `${protectedOnes.map(guestTitle).join(", ")} ${are}, so ${what}. Nothing was changed.\n` +
      `If ${protectedOnes.length === 1 ? "it" : "they"} may go, set protect to false and run ` +
      `\`phoenix up ${protectedOnes.map(({ id }) => id).join(" ")}\` first.`,
  );
}

/** Guests that the state has and the files have not: an `up` of the whole stack removes them. */
export function removedGuests(exported: string, { estate, words }: Scope): StateGuest[] {
  if (words.length > 0) return [];
  const known = new Set([...estate.containers, ...estate.vms].map(titleOf));
  return guestsInState(exported).filter(({ resource }) => !known.has(resource));
}

/** What is deleted with guests besides their root disks; "" for guests whose own steps keep their volumes. */
export function alsoLost(guests: readonly StateGuest[]): string {
  const unchanged = guests.filter((guest) => guest.leftAsAdopted);
  if (unchanged.length === 0) return "";
  return (
    `${unchanged.map(guestTitle).join(", ")} ${unchanged.length === 1 ? "is" : "are"} as adopted: ` +
    "every volume in the configuration on the node goes too.\n"
  );
}

/** Pulumi's flags for all resources of some guests. */
export function targetsOf(exported: string, guests: readonly StateGuest[]): string[] {
  return guests.flatMap((guest) => urnsOf(exported, guest)).flatMap((urn) => ["--target", urn]);
}

/** Files that have the entries of some guests, as messages name them. */
export function filesOf(
  guests: readonly StateGuest[],
  { lxcConfigs, hypervisorConfig }: EstateFiles,
): string {
  const has = (kind: StateGuest["kind"]) => guests.some((guest) => guest.kind === kind);
  return [...(has("CT") ? [lxcConfigs] : []), ...(has("VM") ? [hypervisorConfig] : [])]
    .map(shown)
    .join(" and ");
}

/** What is deleted with guests in any case: `its root disk`. */
export function disksOf(guests: readonly StateGuest[]): string {
  const root = guests.some(({ kind }) => kind === "CT") ? "root " : "";
  return guests.length === 1 ? `its ${root}disk` : `their ${root}disks`;
}
