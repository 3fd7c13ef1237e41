/** The steps of NVIDIA's driver, in their order. */
import { join } from "node:path";
import type { DriverSpec } from "../../../config/model";
import { roomScripts, scriptIn } from "../../../plan/room";
import type { StepBody } from "../../../plan/step";
import { made } from "../guest-needs";

const room = (name: string) => roomScripts(join(__dirname, name));

/** What a preview shows of the restart. */
function restartText(allowed: boolean): string {
  return allowed
    ? "this host restarts if the driver cannot take effect otherwise; all its guests restart with it"
    : "this host is not restarted; where the driver needs that, the step says so and fails";
}

/**
 * The steps by name; each waits for the one before it.
 *
 * @param tag by which the stack knows its own guests
 */
export function nvidiaSteps(driver: DriverSpec, tag: string) {
  const { version, dkms, runfileUrl, sha256 } = driver;
  return {
    stopGuests: {
      ...room("stop-guests"),
      settings: { version, tag, why: "running guests with GPUs stop while the driver changes" },
    },
    install: {
      ...room("install"),
      makes: [made.driver],
      settings: { version, dkms, runfileUrl, sha256 },
    },
    restart: {
      ...room("restart"),
      settings: { version, allowed: driver.reboot, why: restartText(driver.reboot) },
    },
    active: { ...room("active"), settings: { version } },
    startGuests: { ...room("start-guests"), settings: { version } },
  } satisfies Record<string, StepBody>;
}

/** What only looks, and answers `{"changed":false,"deviations":[…]}`. */
export function nvidiaVerify({ version, dkms }: DriverSpec): StepBody {
  return { script: scriptIn(__dirname, "look"), settings: { version, dkms } };
}
