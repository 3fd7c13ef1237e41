/** The steps of NVIDIA's driver, in their order: plain data. */
import { join } from "node:path";
import type { HypervisorConfig } from "../../../config";
import { made } from "../guest-needs";

const script = (name: string) => join(__dirname, "scripts", `${name}.sh`);
const shared = (name: string) => join(__dirname, "..", "scripts", `${name}.sh`);
const guest = ["guest", "running"].map((name) =>
  join(__dirname, "..", "..", "container", "scripts", `${name}.sh`),
);

/** `nvidia_driver` of the host's file. */
export type NvidiaDriverConfig = NonNullable<HypervisorConfig["nvidia_driver"]>;

/** A step: its scripts, the state they bring about, what takes it away. */
export interface NvidiaStep {
  script: string[];
  settings: Record<string, unknown>;
  remove?: string[];
  makes?: string[];
}

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
export function nvidiaSteps(driver: NvidiaDriverConfig, tag: string) {
  const { version, dkms } = driver;
  return {
    stopGuests: {
      script: [...guest, script("nvidia"), script("stop-guests")],
      settings: { version, tag, why: "running guests with GPUs stop while the driver changes" },
    },
    install: {
      script: [
        shared("packages"),
        shared("services"),
        script("nvidia"),
        script("runfile"),
        script("dkms"),
        script("install"),
      ],
      remove: [shared("services"), script("nvidia"), script("remove")],
      makes: [made.driver],
      settings: { version, dkms, runfileUrl: driver.runfile_url, sha256: driver.runfile_sha256 },
    },
    restart: {
      script: [script("nvidia"), script("restart")],
      settings: { version, allowed: driver.reboot, why: restartText(driver.reboot) },
    },
    active: { script: [shared("services"), script("nvidia"), script("active")], settings: { version } },
    startGuests: { script: [...guest, script("nvidia"), script("start-guests")], settings: { version } },
  } satisfies Record<string, NvidiaStep>;
}

/** What only looks, and answers `{"changed":false,"deviations":[…]}`. */
export function nvidiaVerify({ version, dkms }: NvidiaDriverConfig): NvidiaStep {
  return { script: [script("nvidia"), script("verify")], settings: { version, dkms } };
}
