import { createRequire } from "node:module";
import type { Command } from "commander";
import type { PowerOptions } from "../actions/power";
import { commonOptions, withCommonOptions } from "../arguments";

const load = createRequire(__filename);
const actions = () => load("../actions/power.ts") as typeof import("../actions/power");

const COMMANDS = [
  ["start", "running", "start guests, and keep them running"],
  ["stop", "stopped", "shut guests down, and keep them stopped"],
] as const;

/** `phoenix start` and `phoenix stop`. */
export function addPowerCommands(program: Command): void {
  for (const [name, state, summary] of COMMANDS) {
    withCommonOptions(program.command(`${name} <guests...>`).summary(summary))
      .description(
        `Writes "${state}" for these guests, named by id or name, into the stack (phoenix:power, which goes\n` +
          "before `state` in their entries), and has their power steps run and nothing else. " +
          (state === "stopped"
            ? "A guest gets\nshutdown_timeout seconds to shut down before it is stopped hard."
            : "The command waits\nuntil they have started."),
      )
      .option("--dry-run", "show what would change; changes nothing, also not the stack")
      .addHelpText("after", `\nExamples:\n  phoenix ${name} 910 9000 web\n  phoenix ${name} 910 --dry-run`)
      .action(async (guests: string[], _options: unknown, command: Command) => {
        const options = { ...commonOptions(command), ...command.opts<PowerOptions>() };
        process.exitCode = await actions().power(state, guests, options);
      });
  }
}
