/** Guests that a command line names, among those that a stack's state holds. */
import { BAD_ARGUMENTS, UserError } from "./errors";
import type { EngineSession } from "./engine";
import type { Scope } from "./scope";
import { guestsInState, guestTitle, type StateGuest, urnsOf } from "./state";

/** The exported state of a session's stack; it changes nothing. */
export async function exportState(session: EngineSession): Promise<string> {
  return session.read(["stack", "export", "--stack", session.stack.name]);
}

/** @throws UserError when a stack has no guest of one of the ids */
export function guestsById(exported: string, stack: string, ids: readonly number[]): StateGuest[] {
  const guests = guestsInState(exported);
  const unknown = ids.filter((id) => !guests.some((guest) => guest.id === id));
  if (unknown.length > 0) {
    const has = guests.length > 0 ? `it has ${guests.map(guestTitle).join(", ")}` : "it has none yet";
    throw new UserError(`Stack ${stack} has no guest ${unknown.join(", ")}; ${has}.`, BAD_ARGUMENTS);
  }
  return guests.filter(({ id }) => ids.includes(id));
}

/** @throws UserError when a guest is protected: nothing has been changed then */
export function refuseProtected(guests: readonly StateGuest[], what: string): void {
  const held = guests.filter((guest) => guest.protected);
  if (held.length === 0) return;
  const are =
    held.length === 1 ? "is protected (protect in its entry)" : "are protected (protect in their entries)";
  throw new UserError(
    `${held.map(guestTitle).join(", ")} ${are}, so ${what}. Nothing was changed.\n` +
      `If ${held.length === 1 ? "it" : "they"} may go, set protect to false and run ` +
      `\`phoenix up ${held.map(({ id }) => id).join(" ")}\` first.`,
  );
}

/** Guests that the state has and the files have not: an `up` of the whole stack removes them. */
export function removedGuests(exported: string, { estate, words }: Scope): StateGuest[] {
  if (words.length > 0) return [];
  const known = new Set([
    ...estate.containers.map(({ ctid }) => `ct-${ctid}`),
    ...estate.vms.map(({ vmid, name }) => `vm-${vmid ?? name}`),
  ]);
  return guestsInState(exported).filter(({ resource }) => !known.has(resource));
}

/** What goes with guests besides their root disks; "" for those that steps of their own look after. */
export function alsoLost(guests: readonly StateGuest[]): string {
  const held = guests.filter((guest) => guest.held);
  if (held.length === 0) return "";
  return (
    `${held.map(guestTitle).join(", ")} ${held.length === 1 ? "is" : "are"} as adopted: ` +
    "every volume in the configuration on the node goes too.\n"
  );
}

/** Pulumi's flags for all resources of some guests. */
export function targetsOf(exported: string, guests: readonly StateGuest[]): string[] {
  return guests.flatMap((guest) => urnsOf(exported, guest)).flatMap((urn) => ["--target", urn]);
}

/** CTIDs and VMIDs of a command line. @throws UserError for any other word, and when there is none */
export function guestIds(command: string, words: readonly string[]): number[] {
  const wrong = words.find((word) => !/^[1-9][0-9]{2,8}$/.test(word));
  if (wrong !== undefined) {
    throw new UserError(`phoenix ${command} takes CTIDs and VMIDs, and "${wrong}" is none.`, BAD_ARGUMENTS);
  }
  if (words.length === 0) throw new UserError(`phoenix ${command}: which guest?`, BAD_ARGUMENTS);
  return [...new Set(words.map(Number))];
}
