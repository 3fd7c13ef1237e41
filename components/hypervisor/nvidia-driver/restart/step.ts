/** The host restarts where the driver cannot take effect otherwise. */
import type { DriverSpec } from "../../../../config/model";
import { roomScripts } from "../../../../plan/room";
import type { StepBody } from "../../../../plan/step";
import type { Reported } from "../../../../plan/values";

export interface Settings {
  /** Version of the driver, such as `580.76.05`. */
  version: string;
  /** Whether the host may restart. */
  allowed: boolean;
  /** Runs it again: what a preview shows of it. */
  why: string;
  /** Runs it again: what the installation did. */
  installed: Reported;
}

/** What a preview shows of the restart. */
function restartText(allowed: boolean): string {
  return allowed
    ? "this host restarts if the driver cannot take effect otherwise; all its guests restart with it"
    : "this host is not restarted; where the driver needs that, the step says so and fails";
}

export const restartStep = (
  { version, reboot: allowed }: DriverSpec,
  installed: Reported,
): StepBody<Settings> => ({
  ...roomScripts(__dirname),
  settings: { version, allowed, why: restartText(allowed), installed },
});
