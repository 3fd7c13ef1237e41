import { withDefault, type CommonOptions } from "../arguments";
import { ask, requireTerminal } from "../confirm";
import { EngineSession, showCommand } from "../engine";
import { UserError } from "../errors";
import { alsoLost, exportState, guestsById, refuseProtected, targetsOf } from "../guests";
import { dependantsOf, guestTitle, type StateGuest } from "../state";
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

/** Removes single guests of a stack with their disks; everything else of the stack stays. */
export async function destroyGuests(
  ids: readonly number[],
  flags: readonly string[],
  options: CommonOptions & { dryRun?: boolean },
): Promise<number> {
  if (!options.yes && !options.dryRun) requireTerminal("destroy");
  const stack = readStack(chooseStack(options.stack));
  const session = await EngineSession.open(stack, options.engine, options.dryRun !== true);
  process.stderr.write(`${session.header()}\n`);
  if (options.dryRun) await session.ensureStackOrScratch();
  else await session.ensureStack();
  const state = await exportState(session);
  const guests = guestsById(state, stack.name, ids);
  const names = guests.map(guestTitle).join(", ");
  refuseProtected(guests, "nothing is removed");
  refuseNeeded(state, guests);
  process.stderr.write(
    `${names}: removed with ${guests.length === 1 ? "its root disk" : "their root disks"}; ` +
      "volumes stay unless an entry says destroy_on_teardown.\n" +
      alsoLost(guests),
  );
  const args = [
    ...["--stack", stack.name, ...(options.json ? ["--json"] : []), "--yes"],
    ...withDefault(flags, ["--skip-preview"], "-f"),
    ...targetsOf(state, guests),
  ];
  if (options.dryRun) {
    showCommand(["destroy", ...args]);
    process.stderr.write("Nothing was changed.\n");
    return 0;
  }
  if (!options.yes && (await ask(`Remove ${names}?`, ["yes", "no"])) === "no") {
    process.stderr.write("Nothing was changed.\n");
    return 0;
  }
  for (const { urn } of guests)
    await session.read(["state", "unprotect", urn, "--yes", "--stack", stack.name]);
  const code = await runExplained(session, "destroy", args);
  if (code !== 0) return code;
  await forgetPower(session, ids);
  process.stderr.write(
    `${names}: gone. The next up makes ${guests.length === 1 ? "it" : "them"} anew while ` +
      `${guests.length === 1 ? "its entry is" : "their entries are"} in ${setting(stack, "lxcConfigs") ?? "the files"}.\n`,
  );
  return code;
}
