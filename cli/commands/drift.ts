import { createRequire } from "node:module";
import type { Command } from "commander";
import { commonOptions, withCommonOptions } from "../arguments";

const load = createRequire(__filename);
const actions = () => load("../actions/drift.ts") as typeof import("../actions/drift");

/** `phoenix drift`: what somebody changed on the host by hand. */
export function addDriftCommand(program: Command): void {
  withCommonOptions(program.command("drift [guests...]"))
    .summary("list what was changed on the host by hand")
    .description(
      "Looks whether the host and its guests are still as the steps of the last `up` left them, and lists what is\n" +
        "not. Changes nothing; `up` puts it right. With guests, `host`, `containers` or `vms`: what `up` with them would.\n" +
        "Exit code 1 when anything has drifted or could not be looked at.",
    )
    .addHelpText("after", "\nExamples:\n  phoenix drift\n  phoenix drift 950 web\n  phoenix drift --json")
    .action(async (words: string[], _options: unknown, command: Command) => {
      process.exitCode = await actions().drift(words, commonOptions(command));
    });
}
