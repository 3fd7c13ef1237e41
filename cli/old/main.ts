import { UserError } from "../errors";
import { run as phoenix } from "../main";
import { passOutputThrough } from "../process";
import { translate, USAGE } from "./arguments";
import { OrchestratorLog } from "./log";

/** Runs the original's command line by the new one: shows the new command, and writes the original's log. */
export async function run(args: string[]): Promise<void> {
  if (args.length === 1 && ["--help", "-h"].includes(args[0]!)) {
    process.stdout.write(USAGE);
    return;
  }
  const log = new OrchestratorLog();
  log.line(`phoenix_orchestrator ${args.join(" ")}`.trimEnd());
  log.keep(process.stdout);
  log.keep(process.stderr);
  process.once("exit", (code) => log.end(code));
  let words: string[];
  try {
    words = translate(args);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = error.exitCode;
    return;
  }
  process.stderr.write(`+ phoenix ${words.join(" ")}\n`);
  process.env.PHOENIX_SHOW_COMMANDS = "true";
  passOutputThrough();
  await phoenix(words);
}
