/** The containers that were stopped for the driver run again. */
import type { DriverSpec } from "../../../../config/model";
import { roomScripts } from "../../../../plan/room";
import type { StepBody } from "../../../../plan/step";
import type { Reported } from "../../../../plan/values";

export interface Settings {
  /** Version of the driver, such as `580.76.05`. */
  version: string;
  /** Runs it again: which containers the first step stopped. */
  stopped: Reported;
}

export const startGuestsStep = ({ version }: DriverSpec, stopped: Reported): StepBody<Settings> => ({
  ...roomScripts(__dirname),
  settings: { version, stopped },
});
