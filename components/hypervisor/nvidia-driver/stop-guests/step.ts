/** Containers with GPUs stop before the driver changes. */
import type { DriverSpec } from "../../../../config/model";
import { roomScripts } from "../../../../plan/room";
import type { StepBody } from "../../../../plan/step";

export interface Settings {
  /** Version of the driver, such as `580.76.05`. */
  version: string;
  /** Tag by which the stack knows its own guests. */
  tag: string;
  /** Runs it again: what a preview shows of it. */
  why: string;
}

export const stopGuestsStep = ({ version }: DriverSpec, tag: string): StepBody<Settings> => ({
  ...roomScripts(__dirname),
  settings: { version, tag, why: "running guests with GPUs stop while the driver changes" },
});
