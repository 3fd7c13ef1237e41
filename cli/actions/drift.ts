import type { DriftReport } from "../../components/drift/report";
import type { CommonOptions } from "../arguments";
import { DriftFile, driftLines, reportOf, shown } from "../drift";
import { UserError } from "../errors";
import { steps } from "../summary";
import { openChecked } from "./converge";

/** Looks at the host and lists what has drifted; changes nothing. */
export async function drift(words: readonly string[], options: CommonOptions): Promise<number> {
  const file = new DriftFile();
  const asked = { guests: [...words], flags: [] };
  // Whatever the stack's setting is; nothing is registered to run, as nothing runs.
  const variables = { ...file.variables, PHOENIX_DRIFT: "show" };
  const { session, scope } = await openChecked(options, asked, (opened) => opened.ensureStackOrScratch());
  const said = await session.read(
    ["preview", "--stack", session.stack.name, "--non-interactive"],
    undefined,
    variables,
  );
  const whole = file.take();
  if (whole === undefined) throw new UserError(`The host was not looked at:\n${said.trim()}`);
  if (whole.unreachable !== undefined)
    throw new UserError(`The host could not be looked at: ${whole.unreachable}`);
  const report = reportOf(whole, scope);
  process.stdout.write(options.json ? `${JSON.stringify(jsonOf(report), null, 2)}\n` : textOf(report));
  return isAsLeft(report) ? 0 : 1;
}

const isAsLeft = ({ drifted, failed }: DriftReport): boolean =>
  Object.keys(drifted).length + Object.keys(failed).length === 0;

const jsonOf = ({ drifted, failed }: DriftReport) => ({ drifted, failed });

function textOf(report: DriftReport): string {
  const [drifted, failed] = [Object.keys(report.drifted).length, Object.entries(report.failed)];
  const unknown = failed.map(([step, why]) => `  ${step}: ${shown(why)}\n`);
  return (
    (isAsLeft(report) ? `Nothing has drifted; ${steps(report.looked)} looked at.\n` : "") +
    (drifted > 0
      ? `${steps(drifted)} ${drifted === 1 ? "has" : "have"} drifted:\n${driftLines(report)}`
      : "") +
    (failed.length > 0 ? `\n${steps(failed.length)} could not be looked at:\n\n${unknown.join("")}` : "")
  );
}
