/** What the program's look at the host found, as the command line shows it. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type DriftReport, REPORT_VARIABLE, reportSchema } from "../components/drift/report";
import { plain } from "./plain";
import { isTargeted, type Scope } from "./scope";
import { steps } from "./summary";

/** Does not look for drift. */
export const NO_DRIFT = "--no-drift";

/** A file that a run of the engine is to write. */
export class DriftFile {
  private readonly folder = mkdtempSync(join(tmpdir(), "phoenix-drift-"));
  private readonly file = join(this.folder, "report.json");
  /** Environment of the run. */
  readonly variables = { [REPORT_VARIABLE]: this.file };

  constructor() {
    // Also where the run does not come to its report.
    process.once("exit", () => rmSync(this.folder, { recursive: true, force: true }));
  }

  /** Undefined where nothing was looked at: drift is not looked for, or the run did not come to it. */
  take(): DriftReport | undefined {
    return existsSync(this.file)
      ? reportSchema.parse(JSON.parse(readFileSync(this.file, "utf8")))
      : undefined;
  }
}

/** The same of the steps of a scope alone. */
export function reportOf(report: DriftReport, scope: Scope): DriftReport {
  const within = <T>(steps: Record<string, T>): Record<string, T> =>
    Object.fromEntries(Object.entries(steps).filter(([step]) => isTargeted(scope, step)));
  return { ...report, drifted: within(report.drifted), failed: within(report.failed) };
}

/** A step for each paragraph, a line for each thing that differs. */
export const driftLines = ({ drifted }: DriftReport): string =>
  Object.entries(drifted)
    .map(([step, texts]) => `\n  ${step}\n${texts.map((text) => `    ${shown(text)}\n`).join("")}`)
    .join("");

/** A text of the host, on one line. */
export const shown = (text: string): string => plain(text).replace(/\s+/g, " ");

/** What a run says of drift behind the engine's own lines; the program warns of what is not repaired. */
export function driftText(report: DriftReport | undefined, command: string): string {
  const count = Object.keys(report?.drifted ?? {}).length;
  if (report === undefined || !report.repaired || count === 0) return "";
  const what =
    command === "up"
      ? "had drifted and ran again"
      : `${count === 1 ? "has" : "have"} drifted and would run again`;
  return `\n${steps(count)} ${what}:\n${driftLines(report)}`;
}
