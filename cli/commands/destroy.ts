import { createRequire } from "node:module";
import type { Command } from "commander";
import { commonOptions, pulumiArguments, splitArguments, withCommonOptions } from "../arguments";
import { KEPT, UNDONE } from "../destroy-texts";
import { BAD_ARGUMENTS, UserError } from "../errors";

const load = createRequire(__filename);
const actions = () => load("../actions/destroy.ts") as typeof import("../actions/destroy");
const guestActions = () => load("../actions/destroy-guests.ts") as typeof import("../actions/destroy-guests");

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
        process.exitCode = await guestActions().destroyGuests(guests, flags, options);
        return;
      }
      if (options.dryRun) {
        throw new UserError(
          "phoenix destroy --dry-run is for single guests; see `pulumi destroy --preview-only`.",
          BAD_ARGUMENTS,
        );
      }
      process.exitCode = await actions().destroy(pulumiArguments("destroy", command.args), options);
    });
}
