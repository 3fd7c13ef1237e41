/** What the host's own set-up would change on a node that somebody else has set up. */
import { HOST_VARIABLE } from "../../components/drift/report";
import { DriftFile, driftLines, shown } from "../drift";
import type { EngineSession } from "../engine";
import type { UserError } from "../errors";
import { steps } from "../summary";

/**
 * Has the program compare the host with the file, step by step; nothing is changed.
 *
 * @returns what differs, as a text
 */
export async function hostDiffers(session: EngineSession): Promise<string> {
  const file = new DriftFile();
  const variables = { ...file.variables, [HOST_VARIABLE]: "true", PHOENIX_DRIFT: "show" };
  const said = await session
    .read(["preview", "--stack", session.stack.name, "--non-interactive"], undefined, variables)
    .then(() => undefined)
    .catch((error: UserError) => error.message);
  const report = file.take();
  const why = report === undefined ? said : report.unreachable;
  if (report === undefined || why !== undefined)
    return `The host could not be compared with the file: ${shown(why ?? "")}\n`;
  const unknown = Object.entries(report.failed).map(([step, reason]) => `  ${step}: ${shown(reason)}\n`);
  const count = Object.keys(report.drifted).length;
  return (
    (count === 0
      ? `Of the host nothing differs from the file; ${steps(report.looked - unknown.length)} looked at.\n`
      : `The host itself differs from the file in ${steps(count)}; an up with phoenix:hostSetup true would change:\n` +
        `${driftLines(report)}\n`) + (unknown.length > 0 ? `Not compared:\n${unknown.join("")}` : "")
  );
}
