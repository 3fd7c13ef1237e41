import { ask } from "./confirm";
import type { EngineSession } from "./engine";
import { UserError } from "./errors";
import { alsoLost, disksOf, filesOf, refuseProtected, removedGuests } from "./guests";
import { lostWhereKnown } from "./lost";
import type { Scope } from "./scope";
import { guestTitle, protectedUrns } from "./state";
import type { EstateFiles } from "./stack";

/** Guests whose removal the user agreed to; `keep` protects them again. */
interface Agreed {
  keep: () => Promise<void>;
}

/**
 * Asks before an `up` removes guests whose entries are gone. The program protects each guest until then.
 *
 * @param state the stack's, exported
 * @returns undefined when the answer is no: nothing has been changed then
 * @throws UserError where nobody can be asked, for a guest with `protect`, and for one that is not the stack's on the node any more
 */
export async function agreeToRemoved(
  session: EngineSession,
  state: string,
  scope: Scope,
  files: EstateFiles,
  yes: boolean,
): Promise<Agreed | undefined> {
  const removed = removedGuests(state, scope);
  const nothing = { keep: () => Promise.resolve() };
  if (removed.length === 0) return nothing;
  const one = removed.length === 1;
  const names = removed.map(guestTitle).join(", ");
  const file = filesOf(removed, files);
  const gone = `${names} ${one ? "is" : "are"} in stack ${session.stack.name} and no longer in ${file}`;
  // No question about a guest that does not exist any more or is somebody else's: a removal would not delete it.
  const lost = yes ? [] : await lostWhereKnown(session, removed);
  if (lost.length > 0) {
    throw new UserError(
      `${gone}.\n${lost.map(({ reason }) => `${reason}.\n`).join("")}` +
        `\`phoenix destroy ${lost.map(({ guest }) => guest.id).join(" ")}\` does that. Nothing was changed.`,
    );
  }
  refuseProtected(removed, `${one ? "its entry" : "their entries"} cannot just be taken out of ${file}`);
  if (yes) {
    throw new UserError(
      `${gone}: \`phoenix up --yes\` removes no guest. Nothing was changed.\n` +
        `Remove ${one ? "it" : "them"} with \`phoenix destroy ${removed.map(({ id }) => id).join(" ")}\`, ` +
        `or put ${one ? "its entry" : "their entries"} back.`,
    );
  }
  process.stderr.write(`${gone}.\n${alsoLost(removed)}`);
  const question = `Remove ${one ? "it" : "them"} with ${disksOf(removed)}?`;
  if ((await ask(question, ["yes", "no"])) === "no") return undefined;
  const mark = async (what: "protect" | "unprotect") => {
    for (const urn of removed.flatMap((guest) => protectedUrns(state, guest))) {
      await session.read(["state", what, urn, "--yes", "--stack", session.stack.name]);
    }
  };
  await mark("unprotect");
  return { keep: () => mark("protect") };
}
