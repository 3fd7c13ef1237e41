import type { Command } from "commander";
import {
  commonOptions,
  pulumiArguments,
  withCommonOptions,
  withDefault,
  type CommonOptions,
} from "../arguments";
import { ask, requireTerminal } from "../confirm";
import { EngineSession } from "../engine";
import { dataLostByDestroy, guestsInState } from "../state";
import { chooseStack, readStack } from "../stack";
import { runExplained } from "./converge";

const UNDONE =
  "On the host is taken back what this stack set: storages, exports, shares, firewall rules, users, units, the\n" +
  "NVIDIA driver, repositories, names and addresses. What was there before it, and what others wrote, stays.";
const KEPT =
  "Kept: pools, datasets and containers' own volumes with their data, unless an entry says destroy_on_teardown;\n" +
  "shared folders, home folders, downloaded templates, installed packages.";

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
  const session = await EngineSession.open(readStack(chooseStack(options.stack)), options.engine, true);
  process.stderr.write(`${session.header()}\n`);
  await session.ensureStack();
  const { name } = session.stack;

  const state = await session.read(["stack", "export", "--stack", name]);
  const guests = guestsInState(state);
  process.stderr.write(
    list(
      `Guests of stack ${name} that are destroyed, with their disks:`,
      guests.length ? guests : ["(none)"],
    ) +
      list("Destroyed with all data, as their entries say (destroy_on_teardown):", dataLostByDestroy(state)) +
      `${UNDONE}\n${KEPT}\n`,
  );
  if (!options.yes && (await ask("Destroy all this?", ["yes", "no"])) === "no") {
    process.stderr.write("Nothing was changed.\n");
    return 0;
  }
  if (guests.length) await session.read(["state", "unprotect", "--all", "--yes", "--stack", name]);
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
      .command("destroy [pulumiFlags...]")
      .summary("remove the guests and undo the host's set-up; pools, datasets and data stay")
      .description(
        "Lists the stack's guests and asks, then removes them with their root disks, and takes back what was set\n" +
          `up on the host.\n${UNDONE}\n${KEPT}`,
      ),
  )
    .allowUnknownOption()
    .addHelpText(
      "after",
      "\nEvery other flag goes to `pulumi destroy` as it is.\n\nExamples:\n  phoenix destroy\n  phoenix destroy --yes",
    )
    .action(async (_rest: string[], _options: unknown, command: Command) => {
      process.exitCode = await destroy(pulumiArguments("destroy", command.args), commonOptions(command));
    });
}
