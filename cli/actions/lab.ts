import type { Command } from "commander";
import { commonOptions, refuseJson } from "../arguments";
import { backendVariables } from "../backend";
import { EngineSession } from "../engine";
import { UserError } from "../errors";
import { connectionVariables, ensureLab, runLab } from "../lab";
import { labCommand, labFolder } from "../paths";
import { run } from "../process";
import { chooseStack, isLabStack, readStack, type Stack } from "../stack";

/** The stack, which must be one that goes to the lab. */
function labStack(command: Command): Stack {
  const stack = readStack(chooseStack(commonOptions(command).stack));
  if (isLabStack(stack)) return stack;
  throw new UserError(`Stack "${stack.name}" has a host of its own (phoenix:address), so no lab machine.`);
}

function jsonFlag(command: Command): string[] {
  return commonOptions(command).json ? ["--json"] : [];
}

/** A sub-command that `lab` runs as it is, with those of its flags that were given. */
export async function runPlain(command: Command, flags: readonly string[]): Promise<number> {
  const name = command.name();
  if (name === "logs") refuseJson(command, "lab logs");
  const args = command.options
    .filter((option) => flags.includes(option.flags))
    .flatMap((option) => {
      const value = command.getOptionValue(option.attributeName()) as string | boolean | undefined;
      if (value === undefined) return [];
      return value === true ? [option.long as string] : [option.long as string, String(value)];
    });
  return runLab(labStack(command).name, name, [...args, ...jsonFlag(command)]);
}

/** Resets machine and state together: a blank machine has nothing of what the state says. */
export async function reset(command: Command, machine: string | undefined): Promise<number> {
  const stack = labStack(command);
  const kind = machine === undefined ? [] : ["--machine", machine];
  const code = await runLab(stack.name, "reset", [...kind, ...jsonFlag(command)]);
  if (code !== 0) return code;
  const session = await EngineSession.open(stack, commonOptions(command).engine, false);
  await session.forgetStack();
  return 0;
}

/** A command on the machine, as root; its exit code is the command's. */
export async function exec(command: Command, words: string[]): Promise<number> {
  refuseJson(command, "lab exec");
  return runLab(labStack(command).name, "exec", ["--", ...words]);
}

export async function fault(command: Command, words: string[]): Promise<number> {
  const folder = labFolder(labStack(command).name);
  return run(labCommand, ["fault", ...words, "--dir", folder, ...jsonFlag(command)]);
}

/** `export` lines for a shell, with POSIX quoting. */
function exportLines(variables: Record<string, string>): string {
  return Object.entries(variables)
    .map(([name, value]) => `export ${name}='${value.replaceAll("'", `'\\''`)}'\n`)
    .join("");
}

/** Prints the variables by which plain pulumi reaches the machine, which is started when needed. */
export async function env(command: Command): Promise<void> {
  const stack = labStack(command);
  const variables = { ...connectionVariables(await ensureLab(stack.name)), ...backendVariables(stack) };
  process.stdout.write(
    commonOptions(command).json ? `${JSON.stringify(variables, null, 2)}\n` : exportLines(variables),
  );
}
