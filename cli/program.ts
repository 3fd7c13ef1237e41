import { Command } from "commander";
import { withCommonOptions } from "./arguments";
import { addAdoptCommand } from "./commands/adopt";
import { addBackupCommands } from "./commands/backup";
import { addConvergeCommands } from "./commands/converge";
import { addDestroyCommand } from "./commands/destroy";
import { addDriftCommand } from "./commands/drift";
import { addEstateCommands } from "./commands/estate";
import { addHealthCommand } from "./commands/health";
import { addInitCommand } from "./commands/init";
import { addLabCommand } from "./commands/lab";
import { addOutputCommand } from "./commands/output";
import { addPowerCommands } from "./commands/power";

const AFTER_HELP = `
The stack is --stack, else $PHOENIX_STACK, else the one \`phoenix init\` made last, else dev.
A stack whose Pulumi.<stack>.yaml names no host (phoenix:address) goes to the lab, a Proxmox VE
host of its own on this machine's loopback. Flags that phoenix does not know go to pulumi as they are.

Examples:
  phoenix validate                     check the two JSON files; contacts nothing
  phoenix preview                      what would change on the host; changes nothing
  phoenix up                           show the same, ask, then converge host and guests
  phoenix up 950 953 web               the same for these guests, with what they need
  phoenix drift                        what was changed on the host by hand
  phoenix health                       run the guests' health checks now
  phoenix up --yes --diff              do not ask; show each property that changes
  phoenix graph --format mermaid       the order of the guests, as a diagram
  phoenix lab exec -- pct list         look around on the lab's host
  phoenix init --stack home            a stack for a host of yours: asks, and looks at it
  phoenix adopt                        take the guests that it has already into the stack
  phoenix stop 911                     shut a guest down, and keep it so
  phoenix backup 911                   back a guest up now; phoenix restore brings it back

Exit codes: 0 done, 1 mistakes or failed steps, 2 bad arguments, otherwise pulumi's.`;

/** The whole command line. It throws commander's errors instead of ending the process. */
export function buildProgram(): Command {
  const program = new Command("phoenix")
    .description(
      "Takes a Proxmox VE host from bare install to running containers and machines, as two JSON files describe it.",
    )
    .usage("<command> [options]")
    .exitOverride()
    .enablePositionalOptions()
    .showSuggestionAfterError()
    .addHelpText("after", AFTER_HELP);
  withCommonOptions(program);
  addInitCommand(program);
  addAdoptCommand(program);
  addEstateCommands(program);
  addConvergeCommands(program);
  addDriftCommand(program);
  addDestroyCommand(program);
  addPowerCommands(program);
  addBackupCommands(program);
  addHealthCommand(program);
  addOutputCommand(program);
  addLabCommand(program);
  return program;
}
