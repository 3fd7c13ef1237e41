import type { Command } from "commander";
import { BAD_ARGUMENTS, UserError } from "./errors";

/** Options that every command of Phoenix knows. */
export interface CommonOptions {
  stack?: string;
  json?: boolean;
  yes?: boolean;
  engine?: string;
}

/** Adds the options that every command knows; they may stand before or after the command's name. */
export function withCommonOptions(command: Command): Command {
  return command
    .option("-s, --stack <name>", "the stack: an environment, with its host and its two files")
    .option("-j, --json", "print results as JSON")
    .option("-y, --yes", "do not ask before changing anything")
    .option("--engine <name>", "auto, pulumi (the one on PATH) or lab (the lab's stand-in of it)");
}

/** The options of a command together with those that stood before its name. */
export function commonOptions(command: Command): CommonOptions {
  return command.optsWithGlobals<CommonOptions>();
}

/** @throws UserError for a command that prints no document and no events, when it is asked for JSON */
export function refuseJson(command: Command, name: string): void {
  if (commonOptions(command).json) throw new UserError(`phoenix ${name} has no --json.`, BAD_ARGUMENTS);
}

/** Whether arguments for pulumi already have one of the flags, as `--flag` or `--flag=value`. */
export function hasFlag(args: readonly string[], ...flags: string[]): boolean {
  return args.some((arg) => flags.includes(arg.split("=", 1)[0] as string));
}

/** Default flags, but for those that the user gave. */
export function withDefault(args: readonly string[], flag: string[], ...aliases: string[]): string[] {
  return hasFlag(args, flag[0] as string, ...aliases) ? [...args] : [...flag, ...args];
}

/** Guests in front, then arguments that go to pulumi as they are. */
export interface SplitArguments {
  /** As given, each once: ids and names of guests, or what else scope.ts knows. */
  guests: string[];
  flags: string[];
}

/** Takes the words that are no flags off the front. */
export function splitArguments(rest: readonly string[]): SplitArguments {
  const end = rest.findIndex((word) => word.startsWith("-"));
  const count = end === -1 ? rest.length : end;
  return { guests: [...new Set(rest.slice(0, count))], flags: rest.slice(count) };
}

/** The arguments that go to pulumi as they are; a bare word is none of them. */
export function pulumiArguments(command: string, rest: readonly string[]): string[] {
  const [first] = rest;
  if (first === undefined || first.startsWith("-")) return [...rest];
  throw new UserError(
    /^\d+$/.test(first)
      ? `phoenix ${command} is for the whole stack; single guests (${first}) are for preview, up, start, stop, destroy and health.`
      : `phoenix ${command} does not know "${first}". Flags go to pulumi as they are; see phoenix ${command} --help.`,
    BAD_ARGUMENTS,
  );
}
