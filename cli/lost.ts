/** Guests of a stack's state that the stack no longer has on the node: deleted, or their ids belong to somebody else. */
import { join } from "node:path";
import { stackTag } from "../components/guest/texts";
import { scriptText, settingsText } from "../components/host/script";
import type { EngineSession } from "./engine";
import { UserError } from "./errors";
import { root } from "./paths";
import { plain } from "./plain";
import { Ssh } from "./ssh";
import { identityOf, type Stack } from "./stack";
import { guestTitle, hasUrn, protectedUrns, type StateGuest, urnsOf } from "./state";

/** A guest that is to be dropped from the state, and why. */
export interface LostGuest {
  guest: StateGuest;
  /** One sentence: what the node has under its id. */
  reason: string;
}

const script = (name: string) => scriptText(join(root, "components", "host", "scripts", `${name}.sh`));

async function onNode(session: EngineSession, name: string, settings: object[]): Promise<string[]> {
  const ssh = await Ssh.open(session);
  try {
    const said: string[] = [];
    for (const one of settings) {
      const { code, stdout, stderr } = await ssh.script(script(name), settingsText(one));
      if (code !== 0) throw new UserError(plain(stderr).trim().split("\n").slice(-3).join("\n"));
      said.push(stdout);
    }
    return said;
  } finally {
    ssh.close();
  }
}

/** Whose a guest is, by its tags. */
function ownerOf(tags: string[]): string {
  const stack = tags.find((tag) => tag.startsWith("phoenix-") && !tag.includes("+"));
  return stack === undefined ? "somebody else" : `stack '${stack.slice("phoenix-".length)}'`;
}

/** An adopted guest gets the stack's tag only with its first change: before, it cannot be told from a foreign one. */
function isAsAdopted({ config }: Stack, { leftAsAdopted, id }: StateGuest): boolean {
  return leftAsAdopted && String(id) in ((config["phoenix:adopted"] ?? {}) as Record<string, unknown>);
}

/**
 * Those of some guests that are not this stack's on the node; it changes nothing.
 *
 * @throws UserError when the node cannot be asked
 */
async function lostGuests(session: EngineSession, guests: readonly StateGuest[]): Promise<LostGuest[]> {
  const { stack } = session;
  const asked = guests.filter((guest) => guest.id > 0 && !isAsAdopted(stack, guest));
  if (asked.length === 0) return [];
  const [text = ""] = await onNode(session, "whose", [{ ids: asked.map(({ id }) => id) }]);
  const rows = text
    .split("\n")
    .filter(Boolean)
    .map((line) => line.split("\t"));
  const tag = stackTag(identityOf(stack));
  return asked.flatMap((guest) => {
    const there = rows.find(([, id]) => id === String(guest.id));
    if (!there) {
      return [
        {
          guest,
          reason: `${guestTitle(guest)} is not on the node any more: only the stack's entry is dropped`,
        },
      ];
    }
    const [kind, id, node, name = "", tagged = ""] = there;
    const tags = tagged.split(/[;, ]+/);
    if (tags.includes(tag)) return [];
    const title = `${kind === "lxc" ? "CT" : "VM"} ${id} on node ${node}`;
    const dropped = `it stays; only the stack's entry ${guestTitle(guest)} is dropped`;
    return [{ guest, reason: `${title} is '${plain(name)}' of ${ownerOf(tags)}: ${dropped}` }];
  });
}

/** The same; none where the node is not reached, which is reported. The steps' removals check it again. */
export async function lostWhereKnown(
  session: EngineSession,
  guests: readonly StateGuest[],
): Promise<LostGuest[]> {
  try {
    return await lostGuests(session, guests);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    process.stderr.write(
      `The node could not be asked whose ${guests.map(guestTitle).join(", ")} now is: ${error.message}\n`,
    );
    return [];
  }
}

/**
 * Removes guests from the stack's state, with all steps on them, and their notes from the node. Steps before the guest was
 * created, such as the claim of an id, are left to a destroy.
 *
 * @param state the stack's, exported
 * @returns URNs of the guests' resources that are left
 */
export async function dropLost(
  session: EngineSession,
  state: string,
  guests: readonly StateGuest[],
): Promise<string[]> {
  const stack = ["--yes", "--stack", session.stack.name];
  await onNode(
    session,
    "forget",
    guests.map(({ id, kind }) => ({ id, kind })),
  );
  // All of them first: deleting a guest from the state also deletes its dependants and clones, if none is protected.
  for (const urn of guests.flatMap((guest) => protectedUrns(state, guest)))
    await session.read(["state", "unprotect", urn, ...stack]);
  let left = state;
  for (const { urn } of guests) {
    if (!hasUrn(left, urn)) continue;
    await session.read(["state", "delete", urn, "--target-dependents", ...stack]);
    left = await session.exportState();
  }
  return guests.flatMap((guest) => urnsOf(state, guest)).filter((urn) => hasUrn(left, urn));
}
