/** The node's time zone. */
import { roomScripts } from "../../../../plan/room";
import type { StepBody } from "../../../../plan/step";

export interface Settings {
  /** Name of the tz database, such as `Europe/Berlin`. */
  timezone: string;
}

export const timezoneStep = (timezone: string): StepBody<Settings> => ({
  ...roomScripts(__dirname),
  settings: { timezone },
});
