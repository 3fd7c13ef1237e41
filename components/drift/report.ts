/** What a look found, for the command line: a file that the program writes where it is asked to. */
import { writeFileSync } from "node:fs";
import { z } from "zod";

/** Variable with the path of the file. */
export const REPORT_VARIABLE = "PHOENIX_DRIFT_REPORT";

/** Variable that has the host's steps looked at, whether they were applied or not. */
export const HOST_VARIABLE = "PHOENIX_DRIFT_OF_HOST";

export const reportSchema = z.object({
  /** Why the node could not be looked at. */
  unreachable: z.string().optional(),
  /** How many steps were looked at. */
  looked: z.int(),
  /** How long that took, with the connection. */
  milliseconds: z.int(),
  /** Whether the steps that have drifted are registered to run again. */
  repaired: z.boolean(),
  /** By the step's name, in the plan's order: what differs. */
  drifted: z.record(z.string(), z.array(z.string())),
  /** By the step's name: why it could not be looked at. */
  failed: z.record(z.string(), z.string()),
});

export type DriftReport = z.infer<typeof reportSchema>;

export function writeReport(report: DriftReport): void {
  const file = process.env[REPORT_VARIABLE];
  if (file) writeFileSync(file, JSON.stringify(report), { mode: 0o600 });
}
