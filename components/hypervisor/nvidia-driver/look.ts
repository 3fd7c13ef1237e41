/** What only looks whether the driver is as it should be, and answers with deviations. */
import type { DriverSpec } from "../../../config/model";
import { scriptIn } from "../../../plan/room";
import type { StepBody } from "../../../plan/step";
import type { Settings as Install } from "./install/step";

export interface Settings {
  /** Version of the driver, such as `580.76.05`. */
  version: Install["version"];
  /** Whether DKMS builds it for each new kernel. */
  dkms: Install["dkms"];
}

export const nvidiaLook = ({ version, dkms }: DriverSpec): StepBody<Settings> => ({
  script: scriptIn(__dirname, "look"),
  settings: { version, dkms },
});
