import type { Command } from "commander";
import { commonOptions, withCommonOptions } from "../arguments";
import { EngineSession } from "../engine";
import { chooseStack, readStack } from "../stack";

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
      const options = commonOptions(command);
      const stack = readStack(chooseStack(options.stack));
      const session = await EngineSession.open(stack, options.engine, false);
      await session.ensureStack();
      process.stderr.write(`${session.header()}\n`);
      const json = options.json ? ["--json"] : [];
      process.exitCode = await session.run([
        "stack",
        "output",
        "--stack",
        stack.name,
        ...json,
        ...command.args,
      ]);
    });
}
