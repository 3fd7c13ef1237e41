import { createRequire } from "node:module";
import type { Command } from "commander";
import { withCommonOptions } from "../arguments";
import { BAD_ARGUMENTS, UserError } from "../errors";

const load = createRequire(__filename);
const actions = () => load("../actions/estate.ts") as typeof import("../actions/estate");

function withFiles(command: Command): Command {
  return withCommonOptions(command)
    .option("--hypervisor-config <file>", "the host's file (default: the stack's)")
    .option("--lxc-configs <file>", "the containers' file (default: the stack's)");
}

/** `phoenix validate` and `phoenix graph`: what the two files say, without contacting anything. */
export function addEstateCommands(program: Command): void {
  withFiles(program.command("validate"))
    .summary("check the two JSON files; contacts nothing")
    .description(
      "Checks the two files with every rule and prints one line for each mistake and each kind of warning:\n" +
        "file, path, what is wrong, what to do. Contacts nothing; needs no stack when both files are named.\n" +
        "Exit code 0 without mistakes (there may be warnings), 1 with.",
    )
    .option("--all", "a line for each warning, not for each kind")
    .addHelpText(
      "after",
      "\nExamples:\n  phoenix validate\n  phoenix validate --all\n  phoenix validate --hypervisor-config a.json --lxc-configs b.json",
    )
    .action((_options: unknown, command: Command) => {
      actions().validate(command, command.opts<{ all?: boolean }>().all === true);
    });

  withFiles(program.command("graph"))
    .summary("show the order of the guests; contacts nothing")
    .description("Shows which guest waits for which, by dependencies and clone sources. Contacts nothing.")
    .option("--format <name>", "text or mermaid", "text")
    .addHelpText("after", "\nExamples:\n  phoenix graph\n  phoenix graph --format mermaid > order.mmd")
    .action((_options: unknown, command: Command) => {
      const { format } = command.opts<{ format: string }>();
      if (format !== "text" && format !== "mermaid") {
        throw new UserError(`--format is text or mermaid, not "${format}".`, BAD_ARGUMENTS);
      }
      actions().graph(command, format);
    });
}
