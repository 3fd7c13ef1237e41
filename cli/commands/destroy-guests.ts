import { withDefault, type CommonOptions } from "../arguments";
import { ask, requireTerminal } from "../confirm";
import { EngineSession, showCommand } from "../engine";
import { UserError } from "../errors";
import { alsoLost, disksOf, filesOf, guestsNamed, refuseProtected, stateSoFar, targetsOf } from "../guests";
import { dependantsOf, guestTitle, protectedUrns, type StateGuest } from "../state";
import { chooseStack, readStack, setting } from "../stack";
import { runExplained } from "./converge";

/** @throws UserError when another guest stands on one of these: it is cloned from it, or depends on it */
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

/** A guest that is gone has no power state; one that takes its id is not to be stopped for it. */
async function forgetPower(session: EngineSession, ids: readonly number[]): Promise<void> {
  const power = (session.stack.config["phoenix:power"] ?? {}) as Record<string, unknown>;
  for (const id of ids.filter((one) => String(one) in power)) {
    await session.read(["config", "rm", "--stack", session.stack.name, "--path", `phoenix:power["${id}"]`]);
  }
}

/** What stays of guests that are removed. */
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
  const state = await stateSoFar(session);
  const guests = guestsNamed(state, stack.name, words);
  const names = guests.map(guestTitle).join(", ");
  refuseProtected(guests, "nothing is removed");
  refuseNeeded(state, guests);
  if (!options.dryRun) await session.connect();
  process.stderr.write(`${session.header()}\n`);
  process.stderr.write(`${names}: removed with ${disksOf(guests)}; ${staysOf(guests)}.\n` + alsoLost(guests));
  const args = [
    ...["--stack", stack.name, ...(options.json ? ["--json"] : []), "--yes"],
    ...withDefault(flags, ["--skip-preview"], "-f"),
    ...targetsOf(state, guests),
  ];
  if (options.dryRun) {
    // What is shown may be pasted: it must not be the command that removes.
    const deleting = ["--yes", "-y", "--skip-preview", "-f"];
    showCommand(["destroy", "--preview-only", ...args.filter((arg) => !deleting.includes(arg))]);
    process.stderr.write("Nothing was changed.\n");
    return 0;
  }
  if (!options.yes && (await ask(`Remove ${names}?`, ["yes", "no"])) === "no") {
    process.stderr.write("Nothing was changed.\n");
    return 0;
  }
  for (const urn of guests.flatMap((guest) => protectedUrns(state, guest)))
    await session.read(["state", "unprotect", urn, "--yes", "--stack", stack.name]);
  const code = await runExplained(session, "destroy", args);
  if (code !== 0) return code;
  await forgetPower(
    session,
    guests.map(({ id }) => id),
  );
  const one = guests.length === 1;
  // A stack is destroyed also where its files are no longer named.
  const files = {
    lxcConfigs: setting(stack, "lxcConfigs") ?? "the containers' file",
    hypervisorConfig: setting(stack, "hypervisorConfig") ?? "the host's file",
  };
  process.stderr.write(
    `${names}: gone. The next up makes ${one ? "it" : "them"} anew while ` +
      `${one ? "its entry is" : "their entries are"} in ${filesOf(guests, files)}.\n`,
  );
  return code;
}
