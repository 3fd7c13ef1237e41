import type { Command } from "commander";
import { commonOptions } from "../arguments";
import { BAD_ARGUMENTS, UserError } from "../errors";
import { shown } from "../estate";
import { type CommandResult, graphText, validateCommand } from "../estate-texts";
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

export function validate(command: Command, all: boolean): void {
  const { json = false } = commonOptions(command);
  finish(validateCommand(chosenFiles(command), { json, all }));
}

export function graph(command: Command, format: "text" | "mermaid"): void {
  finish(graphText(chosenFiles(command), commonOptions(command).json ? "json" : format));
}
