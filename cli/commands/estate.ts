import type { Command } from "commander";
import { graphText, validateCommand, type CommandResult } from "../../config/cli";
import { commonOptions, withCommonOptions } from "../arguments";
import { BAD_ARGUMENTS, UserError } from "../errors";
import { shown } from "../estate";
import { chooseStack, estateFiles, readStack, type EstateFiles } from "../stack";

/** The two files as named on the command line, else those of the stack. */
function chosenFiles(command: Command): EstateFiles {
  const { hypervisorConfig, lxcConfigs } = command.opts<Partial<EstateFiles>>();
  if (hypervisorConfig && lxcConfigs)
    return { hypervisorConfig: shown(hypervisorConfig), lxcConfigs: shown(lxcConfigs) };
  if (hypervisorConfig || lxcConfigs) {
    throw new UserError(
      `--hypervisor-config and --lxc-configs belong together: ${hypervisorConfig ? "--lxc-configs" : "--hypervisor-config"} is missing.`,
      BAD_ARGUMENTS,
    );
  }
  const files = estateFiles(readStack(chooseStack(commonOptions(command).stack)));
  return { hypervisorConfig: shown(files.hypervisorConfig), lxcConfigs: shown(files.lxcConfigs) };
}

function finish({ exitCode, stdout, stderr }: CommandResult): void {
  process.stdout.write(stdout);
  process.stderr.write(stderr);
  process.exitCode = exitCode;
}

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
      const { json = false } = commonOptions(command);
      finish(
        validateCommand(chosenFiles(command), { json, all: command.opts<{ all?: boolean }>().all === true }),
      );
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
      finish(graphText(chosenFiles(command), commonOptions(command).json ? "json" : format));
    });
}
