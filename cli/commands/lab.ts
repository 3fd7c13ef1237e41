import { createRequire } from "node:module";
import type { Command } from "commander";
import { withCommonOptions } from "../arguments";

const load = createRequire(__filename);
const actions = () => load("../actions/lab.ts") as typeof import("../actions/lab");

/** A sub-command that `lab` runs as it is, with the options named. */
function addPlain(lab: Command, name: string, summary: string, flags: [string, string][] = []): void {
  const command = withCommonOptions(lab.command(name).summary(summary).description(summary));
  for (const [flag, description] of flags) command.option(flag, description);
  command.action(async () => {
    const own = flags.map(([flag]) => flag);
    process.exitCode = await actions().runPlain(command, own);
  });
}

const RESET = "make the machine blank again: empty disks, no guests, and the stack's state with it";

function addReset(lab: Command): void {
  const command = withCommonOptions(lab.command("reset").summary(RESET).description(RESET)).option(
    "--machine <name>",
    "make it another kind of machine: a file below lab/machines",
  );
  command.action(async ({ machine }: { machine?: string }) => {
    process.exitCode = await actions().reset(command, machine);
  });
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
      process.exitCode = await actions().exec(command, words);
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
      process.exitCode = await actions().fault(command, words);
    });

  withCommonOptions(lab.command("env"))
    .summary("print variables that lead plain pulumi to the lab")
    .description('Prints export lines for `eval "$(phoenix lab env)"`; starts the machine when needed.')
    .action((_options: unknown, command: Command) => actions().env(command));
}
