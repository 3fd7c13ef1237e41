/** A note by which the removal of a pool or dataset with destroy_on_teardown knows whether it is a teardown. */
import { roomScripts } from "../../../../plan/room";
import type { StepBody } from "../../../../plan/step";

export interface Settings {
  /** Full name of the pool or dataset. */
  name: string;
}

export const wantedStep = (name: string): StepBody<Settings> => ({
  ...roomScripts(__dirname),
  settings: { name },
});
