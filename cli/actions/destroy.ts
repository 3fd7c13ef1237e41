import { withDefault, type CommonOptions } from "../arguments";
import { ask, requireTerminal } from "../confirm";
import { KEPT, UNDONE } from "../destroy-texts";
import { EngineSession } from "../engine";
import { refuseProtected } from "../guests";
import { dataLostByDestroy, guestsInState, guestTitle, hasProtected } from "../state";
import { chooseStack, readStack } from "../stack";
import { runExplained } from "./converge";

function list(title: string, items: string[]): string {
  return items.length > 0 ? `${title}\n${items.map((item) => `  ${item}\n`).join("")}` : "";
}

/**
 * Tears the guests down. The program protects every guest against `pulumi destroy`; here the user has
 * been asked, so the protection is removed first. The two files are not read: what is destroyed is what the stack's state
 * has.
 */
export async function destroy(rest: string[], options: CommonOptions): Promise<number> {
  if (!options.yes) requireTerminal("destroy");
  const session = await EngineSession.open(readStack(chooseStack(options.stack)), options.engine, false);
  const state = await session.ensureStack();
  await session.connect();
  process.stderr.write(`${session.header()}\n`);
  const { name } = session.stack;

  const guests = guestsInState(state);
  refuseProtected(guests, "the stack is not destroyed");
  process.stderr.write(
    list(
      `Guests of stack ${name} that are destroyed, with their disks:`,
      guests.length ? guests.map(guestTitle) : ["(none)"],
    ) +
      list("Destroyed with all data, as their entries say (destroy_on_teardown):", dataLostByDestroy(state)) +
      `${UNDONE}\n${KEPT}\n`,
  );
  if (!options.yes && (await ask("Destroy all this?", ["yes", "no"])) === "no") {
    process.stderr.write("Nothing was changed.\n");
    return 0;
  }
  // The host's guard exists once the host is set up, even if no guest could be made.
  if (hasProtected(state)) await session.read(["state", "unprotect", "--all", "--yes", "--stack", name]);
  const flags = withDefault(withDefault(rest, ["--parallel", "16"], "-p"), ["--continue-on-error"]);
  const code = await runExplained(session, "destroy", [
    "--stack",
    name,
    ...(options.json ? ["--json"] : []),
    "--yes",
    ...withDefault(flags, ["--skip-preview"], "-f"),
  ]);
  if (code === 0) process.stderr.write(`${KEPT}\n`);
  return code;
}
