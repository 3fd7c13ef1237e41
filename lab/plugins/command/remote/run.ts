import type { ClientChannel } from "ssh2";
import { quote } from "../../shared/quote";
import { textOf } from "../../shared/wire";
import type { Wire } from "../../shared/wire";
import { OutputLog } from "../logging";
import type { Run } from "../resource";
import { readEndpoint } from "./connection";
import { dial } from "./dial";
import { exitFailure, SetenvError, startCommand } from "./session";
import type { Variable } from "./session";

/** Runs a command over an SSH connection of its own. */
export const runRemote: Run = async (command, inputs, previous, context) => {
  const dialled = await dial(readEndpoint(inputs["connection"]), context);
  const log = new OutputLog(inputs["logging"], context);
  const warnings: Promise<void>[] = [];
  try {
    const variables = variablesOf(inputs["environment"], inputs["addPreviousOutputInEnv"], previous);
    const output = new Output(log);
    let ended: Promise<string | undefined> | undefined;
    await startCommand(
      dialled.client,
      command,
      variables,
      (channel) => {
        ended = output.follow(channel);
        channel.end(textOf(inputs["stdin"]) ?? "");
      },
      (variable) => warnings.push(context.log("warning", unableToSet(variable.name))),
    );
    const failure = await ended;
    await log.finish();
    if (failure !== undefined)
      throw new Error(`${failure}: running ${quote(command)}:\n${text(output.both)}`);
    return { stdout: trimmed(output.stdout), stderr: trimmed(output.stderr) };
  } catch (error) {
    if (error instanceof SetenvError) await context.log("error", unableToSet(error.variable));
    throw error;
  } finally {
    await Promise.all(warnings);
    dialled.end();
  }
};

function variablesOf(
  environment: Wire | undefined,
  addPrevious: Wire | undefined,
  previous: Record<string, Wire>,
): Variable[] {
  const variables = Object.entries((environment ?? {}) as Record<string, string>).map(([name, value]) => ({
    name,
    value,
    optional: false,
  }));
  if (addPrevious === false) return variables;
  for (const [name, value] of [
    ["PULUMI_COMMAND_STDOUT", previous["stdout"]],
    ["PULUMI_COMMAND_STDERR", previous["stderr"]],
  ] as const)
    if (typeof value === "string" && value !== "") variables.push({ name, value, optional: true });
  return variables;
}

/** What a command writes: each stream, and both in the order they came. */
class Output {
  readonly stdout: Buffer[] = [];
  readonly stderr: Buffer[] = [];
  readonly both: Buffer[] = [];

  constructor(readonly log: OutputLog) {}

  /** Ends with the channel: with how the command failed, or undefined. */
  follow(channel: ClientChannel): Promise<string | undefined> {
    const collect = (stream: "stdout" | "stderr") => (piece: Buffer) => {
      this[stream].push(piece);
      this.both.push(piece);
      this.log.write(stream, piece);
    };
    channel.on("data", collect("stdout"));
    channel.stderr.on("data", collect("stderr"));
    // A server that goes away shows as a missing exit status.
    channel.on("error", () => undefined);
    let failure = exitFailure(undefined, undefined);
    channel.on("exit", (code: number | null, signal?: string) => {
      failure = exitFailure(code, signal);
    });
    return new Promise((resolve) => channel.on("close", () => resolve(failure)));
  }
}

function text(pieces: Buffer[]): string {
  return Buffer.concat(pieces).toString();
}

function trimmed(pieces: Buffer[]): string {
  return text(pieces).replace(/\n$/, "");
}

/** The real plugin's message, line ends and indentation included. */
function unableToSet(name: string): string {
  return (
    `Unable to set '${name}'. This only works if your SSH server is configured to accept\n` +
    "\tthese variables via AcceptEnv. Alternatively, if a Bash-like shell runs the command on the remote host, you could\n" +
    "\tprefix the command itself with the variables in the form 'VAR=value command'"
  );
}
