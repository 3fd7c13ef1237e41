import type { Command } from "commander";
import { commonOptions, refuseJson, withCommonOptions } from "../arguments";
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

/** A sub-command that `lab` runs as it is, with the options named. */
function addPlain(lab: Command, name: string, summary: string, flags: [string, string][] = []): void {
  const command = withCommonOptions(lab.command(name).summary(summary).description(summary));
  for (const [flag, description] of flags) command.option(flag, description);
  command.action(async () => {
    if (name === "logs") refuseJson(command, "lab logs");
    const args = command.options
      .filter((option) => flags.some(([flag]) => flag === option.flags))
      .flatMap((option) => {
        const value = command.getOptionValue(option.attributeName()) as string | boolean | undefined;
        if (value === undefined) return [];
        return value === true ? [option.long as string] : [option.long as string, String(value)];
      });
    process.exitCode = await runLab(labStack(command).name, name, [...args, ...jsonFlag(command)]);
  });
}

const RESET = "make the machine blank again: empty disks, no guests, and the stack's state with it";

/** A blank machine has nothing of what the stack's state tells, so the two are emptied together. */
function addReset(lab: Command): void {
  const command = withCommonOptions(lab.command("reset").summary(RESET).description(RESET)).option(
    "--machine <name>",
    "make it another kind of machine: a file below lab/machines",
  );
  command.action(async ({ machine }: { machine?: string }) => {
    const stack = labStack(command);
    const kind = machine === undefined ? [] : ["--machine", machine];
    const code = await runLab(stack.name, "reset", [...kind, ...jsonFlag(command)]);
    process.exitCode = code;
    if (code !== 0) return;
    const session = await EngineSession.open(stack, commonOptions(command).engine, false);
    await session.forgetStack();
  });
}

/** `export` lines for a shell, with POSIX quoting. */
function exportLines(variables: Record<string, string>): string {
  return Object.entries(variables)
    .map(([name, value]) => `export ${name}='${value.replaceAll("'", `'\\''`)}'\n`)
    .join("");
}

export function addLabCommand(program: Command): void {
  const lab = program
    .command("lab")
    .summary("the lab: a Proxmox VE host on this machine's loopback")
    .description(
      "A stand-in for a Proxmox VE host, one for each stack, behind real SSH and the real HTTPS API.\n" +
        "Its commands run in a root file system of its own; it touches nothing outside its folder.\n" +
        "It needs root or sudo for its namespaces. preview, up, refresh and destroy start it by themselves.",
    )
    .enablePositionalOptions()
    .addHelpText(
      "after",
      `
Examples:
  phoenix lab start
  phoenix lab exec -- pct list         any command on the lab's host, as root
  phoenix lab fault add drop --nth 3   cut the connection of the third SSH command from now
  phoenix lab stats --reset            count SSH connections, commands and API requests from now on
  eval "$(phoenix lab env)"            then plain pulumi goes to the lab too
  phoenix lab reset                    blank disks, no guests
  phoenix lab stop                     the machine's disks and guests stay for the next start`,
    );
  addPlain(lab, "start", "start the machine; does nothing when it runs", [
    ["--machine <name>", "the kind of machine, when it is made: a file below lab/machines"],
    ["--latency <factor>", "how slow operations are: 0 at once, 1 as on real hardware"],
  ]);
  addPlain(lab, "stop", "stop the machine; its disks and guests stay");
  addReset(lab);
  addPlain(lab, "status", "say whether the machine runs");
  addPlain(lab, "info", "show how to reach the machine: SSH and API");
  addPlain(lab, "stats", "count SSH connections, commands and API requests since the last reset", [
    ["--reset", "start counting from zero"],
  ]);
  addPlain(lab, "logs", "show the machine's log");

  withCommonOptions(lab.command("exec <command...>"))
    .summary("run a command on the machine, as root")
    .description("Runs a command on the lab's host, as root; its exit code is the command's.")
    .passThroughOptions()
    .action(async (words: string[], _options: unknown, command: Command) => {
      refuseJson(command, "lab exec");
      process.exitCode = await runLab(labStack(command).name, "exec", ["--", ...words]);
    });

  withCommonOptions(lab.command("fault [words...]"))
    .summary("make the machine fail on order: fault add, list, clear, messages")
    .description(
      "Orders, lists and clears faults of the lab's host: dropped or refused connections, held locks, commands\n" +
        "and requests that are slow or fail, full disks, a reboot, lost hardware. What can be ordered:\n" +
        "  phoenix lab fault add --help",
    )
    .helpOption(false)
    .allowUnknownOption()
    .passThroughOptions()
    .action(async (words: string[], _options: unknown, command: Command) => {
      const folder = labFolder(labStack(command).name);
      process.exitCode = await run(labCommand, ["fault", ...words, "--dir", folder, ...jsonFlag(command)]);
    });

  withCommonOptions(lab.command("env"))
    .summary("print variables that lead plain pulumi to the lab")
    .description('Prints export lines for `eval "$(phoenix lab env)"`; starts the machine when needed.')
    .action(async (_options: unknown, command: Command) => {
      const stack = labStack(command);
      const variables = { ...connectionVariables(await ensureLab(stack.name)), ...backendVariables(stack) };
      process.stdout.write(
        commonOptions(command).json ? `${JSON.stringify(variables, null, 2)}\n` : exportLines(variables),
      );
    });
}
