import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import {
  commonOptions,
  hasFlag,
  pulumiArguments,
  withCommonOptions,
  withDefault,
  type CommonOptions,
} from "../arguments";
import { ask, requireTerminal } from "../confirm";
import { EngineSession } from "../engine";
import { checkEstate } from "../estate";
import { type Failure, failures } from "../events";
import { stateFolder } from "../paths";
import { chooseStack, estateFiles, readStack } from "../stack";

/** Steps of different guests run side by side, this many at most unless --parallel says otherwise. */
const PARALLEL = ["--parallel", "16"];

/**
 * Opens the stack for a command that contacts the host. The two files are checked first: with
 * mistakes in them nothing is contacted, not even the lab is started.
 */
export async function openChecked(options: CommonOptions): Promise<EngineSession> {
  const stack = readStack(chooseStack(options.stack));
  checkEstate(estateFiles(stack));
  // The program need not repeat the warnings that the check has shown.
  const shown = { PHOENIX_WARNINGS_SHOWN: "true" };
  const session = await EngineSession.open(stack, options.engine, true, shown);
  process.stderr.write(`${session.header()}\n`);
  await session.ensureStack();
  return session;
}

/** A file for the engine's events of one run, below the state folder. */
function eventLog(stack: string, command: string): string {
  const folder = join(stateFolder, "logs");
  mkdirSync(folder, { recursive: true });
  const time = new Date().toISOString().replace(/[:.]/g, "-");
  return join(folder, `${stack}-${command}-${time}.jsonl`);
}

/** Runs an operation of the engine, and says afterwards what failed and what to do next. */
export async function runExplained(session: EngineSession, command: string, args: string[]): Promise<number> {
  const own = hasFlag(args, "--event-log") ? undefined : eventLog(session.stack.name, command);
  const code = await session.run([command, ...args, ...(own ? ["--event-log", own] : [])], {
    env: { PULUMI_DEBUG_COMMANDS: "true" }, // pulumi offers --event-log only with it
  });
  if (own && code !== 0) explainFailures(session.stack.name, command, own);
  return code;
}

function explainFailures(stack: string, command: string, log: string): void {
  const failed = failures(log);
  if (failed.length === 0) return;
  const steps = failed.map(
    ({ resource, operation, lines }) =>
      `\n  ${operation} ${resource}\n${lines.map((line) => `    ${line}\n`).join("")}`,
  );
  const next =
    command === "preview"
      ? "Nothing was changed."
      : `What does not depend on them is done. Mend the cause and run \`phoenix ${command}\` again: ` +
        "it goes on where this one stopped.";
  process.stderr.write(
    `\n${failed.length} ${failed.length === 1 ? "step" : "steps"} failed:\n${steps.join("")}` +
      `${failed.map((failure) => protectionRemedy(stack, failure)).join("")}\n${next}\nAll events: ${log}\n`,
  );
}

/** Pulumi's own advice on a protected resource is for who writes the program, not for who uses it. */
function protectionRemedy(stack: string, { resource, urn, lines }: Failure): string {
  const ctid = /^ct-(\d+)-define /.exec(resource)?.[1];
  if (ctid === undefined || !/protect/.test(lines.join(" "))) return "";
  return (
    `\nCT ${ctid} would be deleted, with its root disk: Phoenix protects containers from that. ` +
    "Take the change back; or, if it may go,\n" +
    `  to have it made anew:    pulumi config set --stack ${stack} --path 'phoenix:allowRecreate[0]' ${ctid}\n` +
    `  when its entry is gone:  pulumi state unprotect --stack ${stack} '${urn}'\n`
  );
}

function stackArguments(session: EngineSession, options: CommonOptions): string[] {
  return ["--stack", session.stack.name, ...(options.json ? ["--json"] : [])];
}

async function preview(rest: string[], options: CommonOptions): Promise<number> {
  const session = await openChecked(options);
  const flags = withDefault(rest, PARALLEL, "-p");
  return runExplained(session, "preview", [...stackArguments(session, options), ...flags]);
}

/** Shows what `up` would do and asks; true when it may. */
async function confirmed(session: EngineSession, rest: string[]): Promise<boolean | number> {
  const shown = withDefault(rest, PARALLEL, "-p");
  const code = await session.run(["preview", "--stack", session.stack.name, ...shown]);
  if (code !== 0) return code;
  for (;;) {
    const answer = await ask("Converge the host?", ["yes", "details", "no"]);
    if (answer !== "details") return answer === "yes";
    await session.run(["preview", "--stack", session.stack.name, "--diff", ...shown]);
  }
}

async function up(rest: string[], options: CommonOptions): Promise<number> {
  if (!options.yes) requireTerminal("up");
  const session = await openChecked(options);
  if (!options.yes) {
    const answer = await confirmed(session, rest);
    if (typeof answer === "number") return answer;
    if (!answer) {
      process.stderr.write("Nothing was changed.\n");
      return 0;
    }
  }
  const flags = withDefault(withDefault(rest, PARALLEL, "-p"), ["--continue-on-error"]);
  return runExplained(session, "up", [
    ...stackArguments(session, options),
    "--yes",
    ...withDefault(flags, ["--skip-preview"], "-f"),
  ]);
}

async function refresh(rest: string[], options: CommonOptions): Promise<number> {
  if (!options.yes) requireTerminal("refresh");
  const session = await openChecked(options);
  if (
    !options.yes &&
    (await ask("Read the guests' state from the host into the stack?", ["yes", "no"])) === "no"
  )
    return 0;
  return runExplained(session, "refresh", [
    ...stackArguments(session, options),
    "--yes",
    ...withDefault(withDefault(rest, PARALLEL, "-p"), ["--skip-preview"], "-f"),
  ]);
}

const COMMANDS = [
  {
    name: "preview",
    action: preview,
    summary: "show what would change; changes nothing",
    description:
      "Checks the two files, then shows which steps `up` would run on the host and why. Changes nothing.",
    examples: `
  phoenix preview --diff               each property that changes
  phoenix preview --json               the plan for other programs
  phoenix preview --expect-no-changes  exit code 1 when something would change`,
  },
  {
    name: "up",
    action: up,
    summary: "converge the host and its guests",
    description:
      "Checks the two files, shows the plan and asks, then converges: pools, datasets and storages first,\n" +
      "then every container in the order of its dependencies and clone sources, side by side where it may be.\n" +
      "A guest that fails stops only those that depend on it; the next run goes on where this one stopped.\n" +
      "A second run changes nothing and makes no SSH connection.",
    examples: `
  phoenix up                           show the plan, ask, converge
  phoenix up --yes                     do not ask (scripts, CI)
  phoenix up --yes --expect-no-changes fail if anything differs
  phoenix up --yes --parallel 4        at most 4 steps at a time`,
  },
  {
    name: "refresh",
    action: refresh,
    summary: "read the guests' state from the host into the stack",
    description:
      "Asks Proxmox VE how the guests are now and takes it into the stack's state, so that the next preview\n" +
      "shows what was changed by hand. Changes nothing on the host.",
    examples: `
  phoenix refresh --yes && phoenix preview --diff`,
  },
] as const;

export function addConvergeCommands(program: Command): void {
  for (const { name, action, summary, description, examples } of COMMANDS) {
    withCommonOptions(program.command(`${name} [pulumiFlags...]`).summary(summary).description(description))
      .allowUnknownOption()
      .addHelpText("after", `\nEvery other flag goes to \`pulumi ${name}\` as it is.\n\nExamples:${examples}`)
      .action(async (_rest: string[], _options: unknown, command: Command) => {
        process.exitCode = await action(pulumiArguments(name, command.args), commonOptions(command));
      });
  }
}
