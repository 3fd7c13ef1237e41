import { createRequire } from "node:module";
import type { Command } from "commander";
import { commonOptions, withCommonOptions } from "../arguments";

const load = createRequire(__filename);
const actions = () => load("../actions/adopt.ts") as typeof import("../actions/adopt");

/** `phoenix adopt`: writes an existing node's guests to files and state. */
export function addAdoptCommand(program: Command): void {
  withCommonOptions(program.command("adopt [ids...]"))
    .summary("take guests that a node has into the files and the stack")
    .description(
      "Reads the containers and virtual machines that the node has and the stack has not, all of them or those\n" +
        "named, writes their entries into the two files, and has the engine read them into the state. Nothing on\n" +
        "the node is changed, and the next preview shows no change. What an entry cannot say is listed: it stays\n" +
        "as it is, and so is what the host's own set-up would change. A guest is left alone until its entry changes;\n" +
        "then it is converged like any other. One that is taken out of the file is removed only after a question.",
    )
    .addHelpText(
      "after",
      "\nExamples:\n  phoenix adopt\n  phoenix adopt 105 106\n  phoenix adopt --yes --json",
    )
    .action(async (ids: string[], _options: unknown, command: Command) => {
      process.exitCode = await actions().adopt(ids, commonOptions(command));
    });
}
