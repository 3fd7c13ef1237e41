/** A snapshot of a machine, taken once. */
import { roomScripts } from "../../../plan/room";
import type { StepBody } from "../../../plan/step";
import type { OfMachine } from "../of-machine";

export interface Settings extends OfMachine {
  /** Name of the snapshot. */
  snapshot: string;
}

export const snapshotStep = (own: OfMachine, snapshot: string): StepBody<Settings> => ({
  ...roomScripts(__dirname),
  settings: { ...own, snapshot },
});
