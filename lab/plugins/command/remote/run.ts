import { quote } from "../../shared/quote";
import type { Wire } from "../../shared/wire";
import { OutputLog } from "../logging";
import type { Run } from "../resource";
import { readEndpoint } from "./connection";
import { dial } from "./dial";
import { exitFailure, SetenvError, startCommand } from "./session";
import type { Variable } from "./session";

/** Runs a command over an SSH connection of its own. */
export const runRemote: Run = async (command, inputs, previous, context) => {
  const { client, end } = await dial(readEndpoint(inputs["connection"]), context);
  const log = new OutputLog(inputs["logging"], context);
  const warnings: Promise<void>[] = [];
  try {
    const variables = variablesOf(inputs["environment"], inputs["addPreviousOutputInEnv"], previous);
    const channel = await startCommand(client, command, variables, (variable) => {
      warnings.push(context.log("warning", unableToSet(variable.name)));
    });
    const pieces = { stdout: [] as Buffer[], stderr: [] as Buffer[], both: [] as Buffer[] };
    const failure = await new Promise<string | undefined>((resolve) => {
      const collect = (stream: "stdout" | "stderr") => (piece: Buffer) => {
        pieces[stream].push(piece);
        pieces.both.push(piece);
        log.write(stream, piece);
      };
      channel.on("data", collect("stdout"));
      channel.stderr.on("data", collect("stderr"));
      let ended: string | undefined = exitFailure(undefined, undefined);
      channel.on("exit", (code: number | null, signal?: string) => {
        ended = exitFailure(code, signal);
      });
      channel.on("close", () => resolve(ended));
      channel.on("error", () => undefined);
      channel.end(typeof inputs["stdin"] === "string" ? inputs["stdin"] : "");
    });
    await log.finish();
    if (failure !== undefined)
      throw new Error(`${failure}: running ${quote(command)}:\n${Buffer.concat(pieces.both).toString()}`);
    return { stdout: trimmed(pieces.stdout), stderr: trimmed(pieces.stderr) };
  } catch (error) {
    if (error instanceof SetenvError) await context.log("error", unableToSet(error.variable));
    throw error;
  } finally {
    await Promise.all(warnings);
    end();
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

function trimmed(pieces: Buffer[]): string {
  return Buffer.concat(pieces).toString().replace(/\n$/, "");
}

/** The real plugin's message, line ends and indentation included. */
function unableToSet(name: string): string {
  return (
    `Unable to set '${name}'. This only works if your SSH server is configured to accept\n` +
    "\tthese variables via AcceptEnv. Alternatively, if a Bash-like shell runs the command on the remote host, you could\n" +
    "\tprefix the command itself with the variables in the form 'VAR=value command'"
  );
}
