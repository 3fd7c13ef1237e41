/** What zpool and zfs share: subcommands, usage, and errors as answers. */
import type { Answer, Call, Host } from "../../../types";
import { ZfsError } from "../../zfs/errors";
import { LabZfs } from "../../zfs/zfs";
import { OptionError } from "../getopt";

/** What a subcommand gives back when it succeeds. */
export type Output = string | { stdout?: string; stderr?: string; code?: number };

export interface Subcommand {
  /** Lines of the usage, each with a tab in front. */
  usage: string;
  /** What is printed below the usage. */
  more?: string;
  run(zfs: LabZfs, args: string[], host: Host): Output;
  /** Name of the operation in latency.ts. */
  operation?: string;
}

/** A mistake in the words of a call: message, then the usage, exit code 2. */
export class UsageError extends Error {}

/** The lab's ZFS behind the contract's interface. */
function labZfs(host: Host): LabZfs {
  if (!(host.zfs instanceof LabZfs)) throw new Error("the host's ZFS is not the lab's");
  return host.zfs;
}

/** Answers `zfs …` or `zpool …`. */
export async function answer(
  host: Host,
  call: Call,
  commands: Record<string, Subcommand>,
  known: string[],
  tail: string,
): Promise<Answer> {
  const [name, ...args] = call.args;
  if (name === undefined)
    return { code: 2, stderr: `missing command\n${overview(call.name, commands, tail)}` };
  if (["-?", "--help", "-h"].includes(name)) return { code: 0, stdout: overview(call.name, commands, tail) };
  const command = commands[name];
  if (command === undefined) {
    if (known.includes(name))
      return { code: 1, stderr: `${call.name} ${name}: the lab does not simulate this\n` };
    return { code: 2, stderr: `unrecognized command '${name}'\n${overview(call.name, commands, tail)}` };
  }
  if (command.operation !== undefined) await host.latency(command.operation);
  try {
    const output = command.run(labZfs(host), args, host);
    return typeof output === "string" ? { code: 0, stdout: output } : { code: 0, ...output };
  } catch (error) {
    if (error instanceof UsageError || error instanceof OptionError) {
      return {
        code: 2,
        stderr: `${error.message === "" ? "" : `${error.message}\n`}usage:\n${command.usage}${command.more ?? ""}`,
      };
    }
    if (error instanceof ZfsError) return { code: error.code, stderr: `${error.message}\n` };
    throw error;
  }
}

function overview(name: string, commands: Record<string, Subcommand>, tail: string): string {
  const usages = [...new Set(Object.values(commands).map((command) => command.usage))];
  return `usage: ${name} command args ...\nwhere 'command' is one of the following:\n\n${usages.join("\n")}${tail}`;
}

/** Splits `name=value`; throws in zfs's words. */
export function assignment(text: string, missing: string): [string, string] {
  const at = text.indexOf("=");
  if (at < 0) throw new ZfsError(missing);
  return [text.slice(0, at), text.slice(at + 1)];
}

/** Assignments of several -o options; a name given twice is refused. */
export function assignments(texts: string[], missing: string): Record<string, string> {
  const all: Record<string, string> = {};
  for (const [name, value] of texts.map((text) => assignment(text, missing))) {
    if (name in all) throw new ZfsError(`property '${name}' specified multiple times`);
    all[name] = value;
  }
  return all;
}

/** Exactly one operand, or a usage error in zfs's words. */
export function single(operands: string[], missing: string): string {
  const [first] = operands;
  if (first === undefined) throw new UsageError(missing);
  if (operands.length > 1) throw new UsageError("too many arguments");
  return first;
}
