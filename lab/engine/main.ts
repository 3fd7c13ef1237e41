import { createRequire } from "node:module";
import { parseArguments } from "./cli/args";
import type { Command } from "./cli/command";
import { Session } from "./cli/session";
import { Bail, EXIT, UserError } from "./errors";

const load = createRequire(__filename);

/** Group → loader: only what a command line needs is loaded. */
const GROUPS: Record<string, () => { commands: Command[] }> = {
  stack: () => ({
    commands: [
      ...(load("./cli/stack.ts") as typeof import("./cli/stack")).commands,
      ...(load("./cli/stackEdit.ts") as typeof import("./cli/stackEdit")).commands,
      ...(load("./cli/stackOutput.ts") as typeof import("./cli/stackOutput")).commands,
    ],
  }),
  config: () => load("./cli/config.ts") as typeof import("./cli/config"),
  state: () => load("./cli/state.ts") as typeof import("./cli/state"),
  up: () => load("./cli/update.ts") as typeof import("./cli/update"),
  update: () => load("./cli/update.ts") as typeof import("./cli/update"),
  preview: () => load("./cli/update.ts") as typeof import("./cli/update"),
  refresh: () => load("./cli/update.ts") as typeof import("./cli/update"),
  destroy: () => load("./cli/update.ts") as typeof import("./cli/update"),
  cancel: () => load("./cli/misc.ts") as typeof import("./cli/misc"),
  version: () => load("./cli/misc.ts") as typeof import("./cli/misc"),
  whoami: () => load("./cli/misc.ts") as typeof import("./cli/misc"),
  login: () => load("./cli/misc.ts") as typeof import("./cli/misc"),
  logout: () => load("./cli/misc.ts") as typeof import("./cli/misc"),
  about: () => load("./cli/misc.ts") as typeof import("./cli/misc"),
  plugin: () => load("./cli/misc.ts") as typeof import("./cli/misc"),
  install: () => load("./cli/misc.ts") as typeof import("./cli/misc"),
  help: () => load("./cli/misc.ts") as typeof import("./cli/misc"),
};

const ALIASES: Record<string, string> = { update: "up", pre: "preview", dn: "destroy", down: "destroy" };

export async function main(argv: string[]): Promise<void> {
  try {
    process.exitCode = (await dispatch(argv)) ?? 0;
  } catch (error) {
    if (error instanceof Bail) process.exitCode = EXIT.error;
    else if (error instanceof UserError) {
      process.stderr.write(`error: ${error.message}\n`);
      process.exitCode = error.exitCode;
    } else {
      process.stderr.write(
        `error: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
      );
      process.exitCode = EXIT.internal;
    }
  }
}

async function dispatch(argv: string[]): Promise<number | undefined | void> {
  const words = leadingWords(argv);
  const [first] = words;
  if (first === undefined) {
    const asked = argv.includes("--version") ? "version" : "help";
    return dispatch([asked, ...argv.filter((a) => a !== "--version" && a !== "--help" && a !== "-h")]);
  }
  const group = ALIASES[first.word] ?? first.word;
  const loadGroup = GROUPS[group];
  if (!loadGroup) throw unknownCommand(first.word, "pulumi");
  const { commands } = loadGroup();
  const second = words[1];
  const nested = second && commands.find((c) => c.name === `${group} ${second.word}`);
  const command = nested || commands.find((c) => c.name === group);
  if (!command) throw unknownCommand(second?.word ?? "", `pulumi ${group}`);
  const used = nested && second ? [first.index, second.index] : [first.index];
  const rest = argv.filter((_, i) => !used.includes(i));
  const args = parseArguments(rest, command.name, command.flags);
  if (args.flag("help")) {
    const { commandHelp } = load("./cli/misc.ts") as typeof import("./cli/misc");
    process.stdout.write(commandHelp(command));
    return 0;
  }
  return command.run(new Session(args));
}

const unknownCommand = (word: string, of: string): UserError =>
  new UserError(`unknown command "${word}" for "${of}"\nRun '${of} --help' for usage.`);

/** The first words that are neither flags nor the values of the global flags before them. */
function leadingWords(argv: string[]): { word: string; index: number }[] {
  const takesValue = [
    "--cwd",
    "-C",
    "--stack",
    "-s",
    "--config-file",
    "--color",
    "--verbose",
    "-v",
    "--tracing",
  ];
  const found: { word: string; index: number }[] = [];
  for (let index = 0; index < argv.length && found.length < 2; index++) {
    const arg = argv[index] ?? "";
    if (arg === "--") break;
    if (takesValue.includes(arg)) index++;
    else if (!arg.startsWith("-")) found.push({ word: arg, index });
    else if (found.length > 0) break;
  }
  return found;
}
