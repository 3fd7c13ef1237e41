import type { Command } from "commander";
import {
  commonOptions,
  pulumiArguments,
  splitArguments,
  withCommonOptions,
  withDefault,
  type CommonOptions,
} from "../arguments";
import { ask, requireTerminal } from "../confirm";
import { EngineSession } from "../engine";
import { BAD_ARGUMENTS, UserError } from "../errors";
import { refuseProtected } from "../guests";
import { dataLostByDestroy, guestsInState, guestTitle, hasProtected } from "../state";
import { chooseStack, readStack } from "../stack";
import { runExplained } from "./converge";
import { destroyGuests } from "./destroy-guests";

const UNDONE =
  "On the host is taken back what this stack set: storages, exports, shares, firewall rules, users, units, the\n" +
  "NVIDIA driver, repositories, names and addresses. What was there before it, and what others wrote, stays.";
const KEPT =
  "Kept: pools, datasets and containers' own volumes with their data, unless an entry says destroy_on_teardown;\n" +
  "detached disks of virtual machines, shared folders, home folders, downloaded templates, installed packages.";

function list(title: string, items: string[]): string {
  return items.length > 0 ? `${title}\n${items.map((item) => `  ${item}\n`).join("")}` : "";
}

/**
 * Tears the guests down. The program protects every guest against `pulumi destroy`; here the user has
 * been asked, so the protection is taken off first. The two files are not needed and not looked at: what
 * is destroyed is what the stack's state holds.
 */
async function destroy(rest: string[], options: CommonOptions): Promise<number> {
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
  // The host's guard is there as soon as the host is set up, also where no guest could be made.
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

export function addDestroyCommand(program: Command): void {
  withCommonOptions(
    program
      .command("destroy [guests...]")
      .summary("remove the guests and undo the host's set-up, or remove single guests; data stays")
      .description(
        "Lists the stack's guests and asks, then removes them with their root disks, and takes back what was set\n" +
          `up on the host.\n${UNDONE}\n${KEPT}\n` +
          "With guests in front of every flag, by id or name: only these are removed, and nothing of the host.\n" +
          "A guest with protect in its entry is refused, and so is one that another guest stands on. One that is not on\n" +
          "the node any more, or whose id has another guest now, is dropped from the stack only: that guest stays.",
      ),
  )
    .option("--dry-run", "for single guests: say what would be removed; changes nothing")
    .allowUnknownOption()
    .addHelpText(
      "after",
      "\nEvery other flag goes to `pulumi destroy` as it is.\n\n" +
        "Examples:\n  phoenix destroy\n  phoenix destroy --yes\n  phoenix destroy 910 9000 web",
    )
    .action(async (_rest: string[], _options: unknown, command: Command) => {
      const options = { ...commonOptions(command), ...command.opts<{ dryRun?: boolean }>() };
      const { guests, flags } = splitArguments(command.args);
      if (guests.length > 0) {
        process.exitCode = await destroyGuests(guests, flags, options);
        return;
      }
      if (options.dryRun) {
        throw new UserError(
          "phoenix destroy --dry-run is for single guests; see `pulumi destroy --preview-only`.",
          BAD_ARGUMENTS,
        );
      }
      process.exitCode = await destroy(pulumiArguments("destroy", command.args), options);
    });
}
