import { withDefault, type CommonOptions } from "../arguments";
import { ask, requireTerminal } from "../confirm";
import { EngineSession, showCommand } from "../engine";
import { UserError } from "../errors";
import { alsoLost, disksOf, filesOf, guestsNamed, refuseProtected, targetsOf } from "../guests";
import { dropLost, lostWhereKnown } from "../lost";
import { dependantsOf, guestTitle, protectedUrns, type StateGuest } from "../state";
import { chooseStack, readStack, setting } from "../stack";
import { runExplained } from "./converge";

/** @throws UserError when another guest is cloned from one of these, or depends on it */
function refuseNeeded(exported: string, guests: readonly StateGuest[]): void {
  for (const guest of guests) {
    const dependants = dependantsOf(exported, guest).filter(({ id }) => !guests.some((one) => one.id === id));
    if (dependants.length === 0) continue;
    throw new UserError(
      `${dependants.map(guestTitle).join(", ")} ${dependants.length === 1 ? "stands" : "stand"} on ` +
        `${guestTitle(guest)}: cloned from it, or dependent on it. Nothing was changed; remove those together ` +
        `with it: phoenix destroy ${[...dependants, guest].map(({ id }) => id).join(" ")}`,
    );
  }
}

/** @throws UserError for a guest that depends on a lost one: it would be dropped from the state too, and stay on the node */
function refuseStandingOnLost(
  exported: string,
  own: readonly StateGuest[],
  lost: readonly StateGuest[],
): void {
  const needed = new Set(lost.flatMap((guest) => dependantsOf(exported, guest)).map(({ id }) => id));
  const standing = own.filter(({ id }) => needed.has(id));
  if (standing.length === 0) return;
  const [ids, names] = [standing.map(({ id }) => id), standing.map(guestTitle)];
  throw new UserError(
    `${names.join(", ")} ${standing.length === 1 ? "is" : "are"} to be removed before what the node has no more. ` +
      `Nothing was changed; first: phoenix destroy ${ids.join(" ")}`,
  );
}

/** Removes the power settings of removed guests: a later guest with the same id must not be stopped because of them. */
async function forgetPower(session: EngineSession, ids: readonly number[]): Promise<void> {
  const power = (session.stack.config["phoenix:power"] ?? {}) as Record<string, unknown>;
  for (const id of ids.filter((one) => String(one) in power)) {
    await session.read(["config", "rm", "--stack", session.stack.name, "--path", `phoenix:power["${id}"]`]);
  }
}

/** What is kept of removed guests. */
function staysOf(guests: readonly StateGuest[]): string {
  const has = (kind: StateGuest["kind"]) => guests.some((guest) => guest.kind === kind);
  return [
    ...(has("CT") ? ["volumes stay unless an entry says destroy_on_teardown"] : []),
    ...(has("VM") ? ["a virtual machine's detached disks stay"] : []),
  ].join("; ");
}

/** Removes single guests of a stack with their disks; everything else of the stack stays. */
export async function destroyGuests(
  words: readonly string[],
  flags: readonly string[],
  options: CommonOptions & { dryRun?: boolean },
): Promise<number> {
  if (!options.yes && !options.dryRun) requireTerminal("destroy");
  const stack = readStack(chooseStack(options.stack));
  const session = await EngineSession.open(stack, options.engine, false);
  const state = await session.stateSoFar();
  const guests = guestsNamed(state, stack.name, words);
  const names = guests.map(guestTitle).join(", ");
  refuseNeeded(state, guests);
  await session.connect();
  process.stderr.write(`${session.header()}\n`);
  const lost = await lostWhereKnown(session, guests);
  const dropped = lost.map(({ guest }) => guest);
  const own = guests.filter((guest) => !dropped.includes(guest));
  refuseProtected(own, "nothing is removed");
  refuseStandingOnLost(state, own, dropped);
  for (const { reason } of lost) process.stderr.write(`${reason}.\n`);
  if (own.length > 0) {
    const owned = own.map(guestTitle).join(", ");
    process.stderr.write(`${owned}: removed with ${disksOf(own)}; ${staysOf(own)}.\n` + alsoLost(own));
  }
  const args = [
    ...["--stack", stack.name, ...(options.json ? ["--json"] : []), "--yes"],
    ...withDefault(flags, ["--skip-preview"], "-f"),
  ];
  if (options.dryRun) {
    // The command that is shown may be copied: it must not be one that removes anything.
    const deleting = ["--yes", "-y", "--skip-preview", "-f"];
    const shown = args.filter((arg) => !deleting.includes(arg));
    if (own.length > 0) showCommand(["destroy", "--preview-only", ...shown, ...targetsOf(state, own)]);
    process.stderr.write("Nothing was changed.\n");
    return 0;
  }
  const question = own.length > 0 ? `Remove ${names}?` : `Drop ${names} from the stack?`;
  if (!options.yes && (await ask(question, ["yes", "no"])) === "no") {
    process.stderr.write("Nothing was changed.\n");
    return 0;
  }
  for (const urn of own.flatMap((guest) => protectedUrns(state, guest)))
    await session.read(["state", "unprotect", urn, "--yes", "--stack", stack.name]);
  const left = dropped.length > 0 ? await dropLost(session, state, dropped) : [];
  const targets = [...targetsOf(state, own), ...left.flatMap((urn) => ["--target", urn])];
  // Without a target it would destroy the whole stack.
  const code = targets.length > 0 ? await runExplained(session, "destroy", [...args, ...targets]) : 0;
  if (code !== 0) return code;
  await forgetPower(
    session,
    guests.map(({ id }) => id),
  );
  // Guests may be removed although the stack no longer names its files.
  const files = {
    lxcConfigs: setting(stack, "lxcConfigs") ?? "the containers' file",
    hypervisorConfig: setting(stack, "hypervisorConfig") ?? "the host's file",
  };
  const entriesOf = (some: readonly StateGuest[]) =>
    `${some.length === 1 ? "its entry is" : "their entries are"} in ${filesOf(some, files)}`;
  const say = (some: readonly StateGuest[], what: string) =>
    some.length > 0 && process.stderr.write(`${some.map(guestTitle).join(", ")}: ${what}\n`);
  say(own, `gone. The next up recreates ${own.length === 1 ? "it" : "them"} while ${entriesOf(own)}.`);
  say(
    dropped,
    `no longer in the stack. While ${entriesOf(dropped)}, the next up recreates ` +
      `${dropped.length === 1 ? "it" : "them"}, and refuses an id that somebody else has.`,
  );
  return code;
}
