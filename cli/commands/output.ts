import { createRequire } from "node:module";
import type { Command } from "commander";
import { commonOptions, withCommonOptions } from "../arguments";

const load = createRequire(__filename);
const actions = () => load("../actions/output.ts") as typeof import("../actions/output");

/** `phoenix output`: what the stack exports. It reads the state only. */
export function addOutputCommand(program: Command): void {
  withCommonOptions(
    program
      .command("output [pulumiArguments...]")
      .summary("show the stack's outputs")
      .description("Shows what the last `up` exported, one name or all. Reads the state, contacts no host."),
  )
    .allowUnknownOption()
    .addHelpText("after", "\nExamples:\n  phoenix output --json\n  phoenix output --show-secrets")
    .action(async (_arguments: string[], _options: unknown, command: Command) => {
      process.exitCode = await actions().output(command.args, commonOptions(command));
    });
}
