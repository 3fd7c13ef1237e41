import { resolve } from "node:path";
import { withDefault, type CommonOptions, type SplitArguments } from "../arguments";
import { ask, requireTerminal } from "../confirm";
import { DriftFile, driftText, NO_DRIFT, reportOf } from "../drift";
import { EngineSession } from "../engine";
import { checkEstate } from "../estate";
import { chosenIds } from "../guests";
import { newEventLog, openEventPipe } from "../logging/event-log";
import { isLoud, takeFlag } from "../logging/flags";
import { planNotes } from "../notes";
import { factsOf } from "../plan";
import { agreeToRemoved } from "../removed";
import {
  chooseScope,
  guestWords,
  hasChosenIds,
  refuseOtherTargets,
  requireGuests,
  type Scope,
  scopeText,
  targetFlags,
} from "../scope";
import { chooseStack, estateFiles, readStack, type EstateFiles } from "../stack";
import { failureText } from "../summary";

/** Steps of different guests run side by side, this many at most unless --parallel says otherwise. */
const PARALLEL = ["--parallel", "16"];

/** A stack that was checked, and the scope of the run. */
interface Checked {
  session: EngineSession;
  scope: Scope;
  files: EstateFiles;
  /** Arguments for pulumi. */
  flags: string[];
}

/**
 * Opens the stack for a command that contacts the host. The two files are checked first, and then what the words
 * mean: with mistakes in them nothing is contacted, not even the lab is started.
 *
 * @param make creates the stack in the state backend
 */
export async function openChecked(
  options: CommonOptions,
  { guests, flags: given }: SplitArguments,
  make: (session: EngineSession) => Promise<unknown>,
): Promise<Checked> {
  const flags = given.filter((flag) => flag !== NO_DRIFT);
  refuseOtherTargets(guests, flags);
  const stack = readStack(chooseStack(options.stack));
  const files = estateFiles(stack);
  const estate = checkEstate(files);
  requireGuests(estate, stack.name, guestWords(guests), undefined);
  const session = await EngineSession.open(stack, options.engine, false, {
    // The program need not repeat the warnings that the check has shown.
    PHOENIX_WARNINGS_SHOWN: "true",
    ...(given.includes(NO_DRIFT) && { PHOENIX_DRIFT: "off" }),
  });
  const chosen = hasChosenIds(estate) ? chosenIds(await session.stateSoFar(), estate) : undefined;
  const scope = chooseScope(estate, stack.name, guests, chosen, factsOf(stack));
  await make(session);
  await session.connect();
  process.stderr.write(`${session.header()}\n${scopeText(scope)}`);
  return { session, scope, files, flags };
}

/** Runs an operation of the engine, and says afterwards what failed and what to do next. */
export async function runExplained(
  session: EngineSession,
  command: string,
  args: string[],
  scope?: Scope,
): Promise<number> {
  const stack = session.stack.name;
  const { value: own, rest } = takeFlag(args, "--event-log");
  // Events that the user streams to a program of his own are not kept.
  const log = own?.startsWith("tcp://") ? undefined : resolve(own ?? newEventLog(stack, command));
  const secrets = await session.secrets(isLoud(rest, session.env));
  const pipe = log === undefined ? undefined : openEventPipe(log, secrets);
  const target = pipe?.path ?? own;
  const drift = new DriftFile();
  const code = await session.run([command, ...rest, ...(target ? ["--event-log", target] : [])], {
    // Pulumi offers --event-log only with the first.
    env: { PULUMI_DEBUG_COMMANDS: "true", ...drift.variables },
  });
  await pipe?.close();
  const report = drift.take();
  process.stderr.write(driftText(report && scope ? reportOf(report, scope) : report, command));
  if (log && code !== 0) process.stderr.write(failureText({ stack, command, log, scope }));
  if (log && command === "preview" && scope) process.stderr.write(planNotes(log, scope));
  return code;
}

function stackArguments(session: EngineSession, options: CommonOptions): string[] {
  return ["--stack", session.stack.name, ...(options.json ? ["--json"] : [])];
}

export async function preview(rest: SplitArguments, options: CommonOptions): Promise<number> {
  const { session, scope, ...checked } = await openChecked(options, rest, (opened) =>
    opened.ensureStackOrScratch(),
  );
  const flags = [...withDefault(checked.flags, PARALLEL, "-p"), ...targetFlags(scope)];
  return runExplained(session, "preview", [...stackArguments(session, options), ...flags], scope);
}

/** Shows what `up` would do and asks; true when it may. */
async function confirmed(
  { session, scope }: Pick<Checked, "session" | "scope">,
  flags: string[],
): Promise<boolean | number> {
  const shown = withDefault(flags, PARALLEL, "-p");
  const code = await runExplained(session, "preview", ["--stack", session.stack.name, ...shown], scope);
  if (code !== 0) return code;
  for (;;) {
    const answer = await ask("Converge the host?", ["yes", "details", "no"]);
    if (answer !== "details") return answer === "yes";
    await session.run(["preview", "--stack", session.stack.name, "--diff", ...shown]);
  }
}

export async function up(rest: SplitArguments, options: CommonOptions): Promise<number> {
  if (!options.yes) requireTerminal("up");
  const { session, scope, files, ...checked } = await openChecked(options, rest, (opened) =>
    opened.ensureStack(),
  );
  const asked = [...checked.flags, ...targetFlags(scope)];
  const agreed = await agreeToRemoved(
    session,
    await session.stateSoFar(),
    scope,
    files,
    options.yes === true,
  );
  const answer = agreed && (options.yes || (await confirmed({ session, scope }, asked)));
  if (answer !== true) {
    await agreed?.keep();
    if (typeof answer === "number") return answer;
    process.stderr.write("Nothing was changed.\n");
    return 0;
  }
  const flags = withDefault(withDefault(asked, PARALLEL, "-p"), ["--continue-on-error"]);
  const args = [
    ...stackArguments(session, options),
    "--yes",
    ...withDefault(flags, ["--skip-preview"], "-f"),
  ];
  return runExplained(session, "up", args, scope);
}

export async function refresh({ flags }: SplitArguments, options: CommonOptions): Promise<number> {
  if (!options.yes) requireTerminal("refresh");
  const { session } = await openChecked(options, { guests: [], flags }, (opened) => opened.ensureStack());
  if (
    !options.yes &&
    (await ask("Read the guests' state from the host into the stack?", ["yes", "no"])) === "no"
  )
    return 0;
  return runExplained(session, "refresh", [
    ...stackArguments(session, options),
    "--yes",
    ...withDefault(withDefault(flags, PARALLEL, "-p"), ["--skip-preview"], "-f"),
  ]);
}
