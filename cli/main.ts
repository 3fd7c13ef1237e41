import { CommanderError } from "commander";
import { printableLines } from "../config/printable";
import { BAD_ARGUMENTS, UserError } from "./errors";
import { buildProgram } from "./program";

/** Runs the command line and sets the exit code, without ending the process early. */
export async function run(args: string[]): Promise<void> {
  const program = buildProgram();
  if (args.length === 0) {
    program.outputHelp({ error: true });
    process.exitCode = BAD_ARGUMENTS;
    return;
  }
  try {
    await program.parseAsync(args, { from: "user" });
  } catch (error) {
    process.exitCode = exitCodeOf(error);
  }
}

function exitCodeOf(error: unknown): number {
  // Commander has printed its message; help and version are no mistakes.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : BAD_ARGUMENTS;
  if (error instanceof UserError) {
    process.stderr.write(`${printableLines(error.message)}\n`);
    return error.exitCode;
  }
  process.stderr.write(
    `This is a bug of Phoenix, please report it:\n${(error as Error)?.stack ?? String(error)}\n`,
  );
  return 70;
}
