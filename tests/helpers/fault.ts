import { Command } from "commander";
import { addFaultCommands } from "../../lab/host/faults/cli";

/** `lab fault WORDS` for a lab's folder, without a process of its own. @returns what it says, a line */
export async function labFault(dir: string, words: readonly string[]): Promise<string> {
  const lab = new Command("lab").exitOverride();
  let said = "";
  addFaultCommands(
    lab,
    (command) => command.option("--dir <dir>").exitOverride(),
    (_options, _value, text) => (said += `${text}\n`),
  );
  await lab.parseAsync(["fault", ...words, "--dir", dir], { from: "user" });
  return said;
}
