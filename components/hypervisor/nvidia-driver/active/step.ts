/** The driver works in the wanted version. */
import type { DriverSpec } from "../../../../config/model";
import { roomScripts } from "../../../../plan/room";
import type { StepBody } from "../../../../plan/step";
import type { Reported } from "../../../../plan/values";

export interface Settings {
  /** Version of the driver, such as `580.76.05`. */
  version: string;
  /** Runs it again: what the installation did. */
  installed: Reported;
}

export const activeStep = ({ version }: DriverSpec, installed: Reported): StepBody<Settings> => ({
  ...roomScripts(__dirname),
  settings: { version, installed },
});
