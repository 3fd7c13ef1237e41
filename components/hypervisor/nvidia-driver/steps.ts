/** The steps of NVIDIA's driver, in their order. */
import { join } from "node:path";
import type { DriverSpec } from "../../../config/model";
import type { StepBody } from "../../../plan/step";
import { made } from "../guest-needs";

const script = (name: string) => join(__dirname, "scripts", `${name}.sh`);

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
      script: script("stop-guests"),
      settings: { version, tag, why: "running guests with GPUs stop while the driver changes" },
    },
    install: {
      script: script("install"),
      remove: script("remove"),
      makes: [made.driver],
      settings: { version, dkms, runfileUrl, sha256 },
    },
    restart: {
      script: script("restart"),
      settings: { version, allowed: driver.reboot, why: restartText(driver.reboot) },
    },
    active: { script: script("active"), settings: { version } },
    startGuests: { script: script("start-guests"), settings: { version } },
  } satisfies Record<string, StepBody>;
}

/** What only looks, and answers `{"changed":false,"deviations":[…]}`. */
export function nvidiaVerify({ version, dkms }: DriverSpec): StepBody {
  return { script: script("verify"), settings: { version, dkms } };
}
