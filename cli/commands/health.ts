import { createRequire } from "node:module";
import type { Command } from "commander";
import { commonOptions, withCommonOptions } from "../arguments";

const load = createRequire(__filename);
const actions = () => load("../actions/health.ts") as typeof import("../actions/health");

/** `phoenix health`: the health checks of an `up`, at any time. */
export function addHealthCommand(program: Command): void {
  withCommonOptions(program.command("health [guests...]"))
    .summary("run the guests' health checks now")
    .description(
      "Runs the health check of every guest, or of those named by id or name, as `up` does: the entry's own command\n" +
        "with its retries and time limit, and nvidia-smi where a container has a GPU. Changes nothing.\n" +
        "One line for each guest; exit code 1 when a check fails. A guest without a check says so.",
    )
    .addHelpText(
      "after",
      "\nExamples:\n  phoenix health\n  phoenix health 950 9000 web\n  phoenix health --json",
    )
    .action(async (words: string[], _options: unknown, command: Command) => {
      process.exitCode = await actions().health(words, commonOptions(command));
    });
}
