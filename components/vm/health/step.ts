/** A machine that works: its health check succeeds inside it. It has no look: it asks, and changes nothing. */
import type { VmSpec } from "../../../config/model";
import { roomScripts } from "../../../plan/room";
import type { StepBody } from "../../../plan/step";
import type { OfMachine } from "../of-machine";

export interface Settings extends OfMachine, Check {
  /** Runs it again: a digest of what may have changed its result. */
  after: string;
  /** False fails for a stopped machine; absent starts it for the check. */
  start?: false;
}

interface Check {
  /** Command that succeeds inside. */
  command?: string;
  /** Most attempts. */
  retries?: number;
  /** Seconds between two attempts. */
  interval?: number;
  /** Seconds that one attempt may take. */
  timeLimit?: number;
}

export const healthStep = (own: OfMachine, spec: VmSpec, digest: string): StepBody<Settings> => ({
  ...roomScripts(__dirname),
  settings: { ...spec.healthCheck, after: digest, ...own },
});
