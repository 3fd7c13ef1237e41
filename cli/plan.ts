/** What the command line plans a stack with: it does not ask the node. */
import { stackTag } from "../components/guest/texts";
import { parsePower } from "../config/power";
import { type Facts, filesOnly } from "../plan/facts";
import { type ChosenIds } from "./scope";
import { identityOf, type Stack } from "./stack";

/**
 * What is known of a stack without the node: its settings, and the VMIDs of machines in its state. A wrong setting is
 * reported by the program.
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
