/** Runs methods as commands of the node: arguments in, text and an exit code out. */
import type { Context, Method } from "../context";
import { messageOf, ParameterError, PveError, UsageError } from "../errors";
import { permissionsOf } from "../access/permissions";
import { parseArguments, usage } from "../schema/command-line";
import type { Parameters, Values } from "../schema/types";
import { verify } from "../schema/verify";
import { startTask, WorkerError } from "../task/tasks";
import { Killed } from "../../machine/workers";
import type { Answer, Call, Host } from "../../types";

/** One subcommand, such as `pct set`. */
export interface Subcommand {
  parameters: Parameters;
  /** Parameters by position. */
  positions: string[];
  /** The last position takes all that is left, as a list. */
  many?: string;
  /** Takes every argument after the positions, options or not (`pct exec`). */
  rest?: string;
  /** Prints what it answers; throws what it fails with. */
  run: (context: CommandContext, values: Values, rest: string[]) => Promise<Answer | void>;
  /** A worker that fails leaves exit code 0, as on a node. */
  ignoresWorker?: boolean;
  /** The name that its usage line has where it was called by another. */
  shownAs?: string;
}

export interface CommandContext extends Context {
  call: Call;
}

export interface Tree {
  [word: string]: Subcommand | Tree;
}

const isSubcommand = (entry: Subcommand | Tree): entry is Subcommand =>
  Array.isArray((entry as Subcommand).positions);

/** A subcommand that is a method under another name; `node` is this node. */
export function fromMethod(
  method: Method,
  positions: string[],
  show: (context: CommandContext, result: unknown, values: Values) => void = () => undefined,
  more: Partial<Subcommand> = {},
): Subcommand {
  const parameters = { ...method.parameters };
  delete parameters["node"];
  return {
    parameters,
    positions,
    async run(context, values) {
      const result = await method.run(context, { ...values, node: context.host.node });
      show(context, result, values);
    },
    ...more,
  };
}

export interface Output {
  stdout: string;
  stderr: string;
}

export function contextOf(host: Host, call: Call, output: Output): CommandContext {
  const context: CommandContext = {
    host,
    call,
    user: "root@pam",
    permissions: permissionsOf(host, "root@pam"),
    cli: true,
    print: (line) => void (output.stdout += `${line}\n`),
    warn: (line) => void (output.stderr += `${line}\n`),
    async fork(type, id, work) {
      const { upid, finished } = startTask(host, type, id, "root@pam", work, (line) => context.print(line));
      tellWarnings(context, await finished);
      return upid;
    },
  };
  return context;
}

/** What the command line says when a task of its own has ended. */
export function tellWarnings(context: Context, warnings: number): void {
  if (warnings > 0) context.warn(`Task finished with ${warnings} warning(s)!`);
}

/** Runs a command of a tree of subcommands. */
export async function runTree(tree: Tree | Subcommand, host: Host, call: Call): Promise<Answer> {
  const output: Output = { stdout: "", stderr: "" };
  const words = [call.name];
  let entry: Subcommand | Tree = tree;
  const args = [...call.args];
  while (!isSubcommand(entry)) {
    const word: string | undefined = args[0];
    const next: Subcommand | Tree | undefined = word === undefined ? undefined : entry[word];
    if (next === undefined) return unknown(tree as Tree, words, word, output);
    entry = next;
    words.push(args.shift() ?? "");
  }
  const name = entry.shownAs ?? words.join(" ");
  const { parameters, positions } = entry;
  const line = usage(name, parameters, positions);
  const context = contextOf(host, call, output);
  try {
    const [own, rest] = entry.rest === undefined ? [args, []] : split(args, positions.length);
    if (entry.rest !== undefined && rest.length === 0 && own.length >= positions.length)
      throw new UsageError("not enough arguments");
    const values = verify(
      parameters,
      parseArguments(parameters, positions, own, entry.many !== undefined),
      host.release,
    );
    const answer = await entry.run(context, values, rest);
    if (answer !== undefined) {
      if ("exec" in answer) return answer;
      return { ...output, code: answer.code, stdout: output.stdout + (answer.stdout ?? "") };
    }
    return { code: 0, ...output };
  } catch (error) {
    return failure(error, line, entry, output);
  }
}

function failure(error: unknown, line: string, entry: Subcommand, output: Output): Answer {
  if (error instanceof WorkerError || error instanceof Killed) {
    if (error instanceof WorkerError) output.stderr += `${error.message}\n`;
    return { code: entry.ignoresWorker ? 0 : 255, ...output };
  }
  // A defect of the lab is not one of Proxmox VE's answers: the daemon reports it as its own.
  if (!(error instanceof PveError)) throw error;
  if (error instanceof UsageError) for (const warning of error.warnings) output.stderr += `${warning}\n`;
  output.stderr += `${messageOf(error)}\n`;
  if (error instanceof ParameterError || error instanceof UsageError) output.stderr += `\n${line}\n`;
  return { code: 255, ...output };
}

/** Positions first, then everything else untouched; a first `--` between them is dropped. */
function split(args: string[], positions: number): [own: string[], rest: string[]] {
  const own = args.slice(0, positions);
  const rest = args.slice(positions);
  return [own, rest[0] === "--" ? rest.slice(1) : rest];
}

function unknown(tree: Tree, words: string[], word: string | undefined, output: Output): Answer {
  const [name = ""] = words;
  const text = [...words, ...(word === undefined ? [] : [word])].join(" ");
  output.stderr +=
    word === undefined ? "ERROR: no command specified\n" : `ERROR: unknown command '${text}'\n`;
  const lines = (entry: Subcommand | Tree, prefix: string): string[] =>
    isSubcommand(entry)
      ? [`       ${usage(prefix, entry.parameters, entry.positions)}`]
      : Object.entries(entry).flatMap(([key, child]) => lines(child, `${prefix} ${key}`));
  output.stderr += `USAGE: ${name} <COMMAND> [ARGS] [OPTIONS]\n${lines(tree, name).join("\n")}\n`;
  return { code: 255, ...output };
}
