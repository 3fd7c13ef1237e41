/** Converts a machine to a template. This cannot be undone. */
import type { VmSpec } from "../../../config/model";
import { roomScripts } from "../../../plan/room";
import type { StepBody } from "../../../plan/step";
import type { OfMachine } from "../of-machine";

export interface Settings extends OfMachine {
  /** Seconds that it may take to shut down before it is stopped hard. */
  timeLimit: number;
}

export const templateStep = (own: OfMachine, { shutdownTimeout }: VmSpec): StepBody<Settings> => ({
  ...roomScripts(__dirname),
  settings: { ...own, timeLimit: shutdownTimeout },
});
