/** The plan of a stack as the command line sees it: without asking the node. */
import { stackTag } from "../components/guest/texts";
import { parsePower } from "../config/power";
import { type Facts, filesOnly } from "../plan/facts";
import { type ChosenIds } from "./scope";
import { identityOf, type Stack } from "./stack";

/**
 * What is known of a stack without the node: its settings, and of machines the VMIDs that its state has. A setting that
 * is wrong is the program's to report.
 */
export function factsOf(stack: Stack, chosen: ChosenIds = new Map()): Facts {
  const { config } = stack;
  const identity = identityOf(stack);
  const tags = [stackTag(identity)];
  return {
    ...filesOnly,
    identity,
    power: parsePower(JSON.stringify(config["phoenix:power"] ?? {})) ?? new Map(),
    hostSetup: String(config["phoenix:hostSetup"]) !== "false",
    machines: new Map([...chosen].map(([name, vmid]) => [vmid, { name, tags }])),
  };
}
