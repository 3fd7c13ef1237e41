import { BAD_ARGUMENTS, UserError } from "../errors";

/** How the original command line is used; `--yes` and `--stack` are new. */
export const USAGE = `Usage: phoenix_orchestrator <CTID>… [--dry-run]
       phoenix_orchestrator --setup-hypervisor [--dry-run]
       phoenix_orchestrator --LetsGo [--dry-run]
       phoenix_orchestrator --create-vm <name> [--dry-run]
       phoenix_orchestrator --start-vm|--stop-vm|--delete-vm <id> [--dry-run]

--LetsGo converges all containers. --delete-vm asks, unless --yes is given.
The stack is --stack <name>, else as for phoenix. Exit codes: 0 done, 1 failed, 2 bad arguments.
`;

/** Options that say what is to be done, and what each takes. */
const MODES: Record<string, { takes?: "name" | "id"; words: (value: string) => string[] }> = {
  "--setup-hypervisor": { words: () => ["up", "host"] },
  "--LetsGo": { words: () => ["up", "containers"] },
  "--create-vm": { takes: "name", words: (name) => ["up", name] },
  "--start-vm": { takes: "id", words: (id) => ["start", id] },
  "--stop-vm": { takes: "id", words: (id) => ["stop", id] },
  "--delete-vm": { takes: "id", words: (id) => ["destroy", id] },
};

function mistake(text: string): UserError {
  return new UserError(`${text}\n${USAGE}`.trimEnd(), BAD_ARGUMENTS);
}

/** Ids as Proxmox VE has them: 100 to 999999999. */
const ID = /^[1-9][0-9]{2,8}$/;
/** A guest's host name. */
const NAME = /^[A-Za-z0-9]([A-Za-z0-9.-]{0,61}[A-Za-z0-9])?$/;

/** The value of an option that takes one. */
function valueOf(option: string, takes: "name" | "id", value: string | undefined): string {
  if (value === undefined || value.startsWith("-")) throw mistake(`${option} needs the ${takes} of a VM.`);
  if (takes === "id" && !ID.test(value)) throw mistake(`${option}: "${value}" is not a VMID.`);
  if (takes === "name" && !NAME.test(value)) throw mistake(`${option}: "${value}" is not the name of a VM.`);
  return value;
}

/**
 * The arguments of `phoenix` that the original's stand for. Only --delete-vm asks a question, as before.
 * @throws UserError with exit code 2 for what makes no sense
 */
export function translate(args: readonly string[]): string[] {
  let mode: { option: string; words: string[] } | undefined;
  const ctids: string[] = [];
  const stack: string[] = [];
  const seen = { dryRun: false, yes: false };
  const rest = [...args];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    const found = Object.hasOwn(MODES, word) ? MODES[word] : undefined;
    if (found) {
      if (mode) throw mistake(`${mode.option} and ${word} cannot go together.`);
      const value = found.takes ? valueOf(word, found.takes, rest.shift()) : "";
      mode = { option: word, words: found.words(value) };
    } else if (word === "--dry-run") seen.dryRun = true;
    else if (word === "--yes") seen.yes = true;
    else if (word === "--stack") {
      const name = rest.shift();
      if (name === undefined || name.startsWith("-")) throw mistake("--stack needs the name of a stack.");
      stack.push("--stack", name);
    } else if (word.startsWith("-")) throw mistake(`Unknown option: ${word}`);
    else if (!ID.test(word)) throw mistake(`"${word}" is not a CTID.`);
    else ctids.push(word);
  }
  if (mode && ctids.length > 0)
    throw mistake(`CTIDs (${ctids.join(" ")}) and ${mode.option} cannot go together.`);
  if (!mode && ctids.length === 0) throw mistake("What is to be done?");
  return finish(mode?.words ?? ["up", ...ctids], seen, stack);
}

function finish(
  [command = "", ...words]: string[],
  seen: { dryRun: boolean; yes: boolean },
  stack: string[],
) {
  if (command === "up")
    return [seen.dryRun ? "preview" : "up", ...words, ...stack, ...(seen.dryRun ? [] : ["--yes"])];
  const yes = command === "destroy" && seen.yes ? ["--yes"] : [];
  return [command, ...words, ...stack, ...yes, ...(seen.dryRun ? ["--dry-run"] : [])];
}
