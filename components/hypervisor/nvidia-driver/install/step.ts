/** The driver is installed by its own .run file. */
import type { DriverSpec } from "../../../../config/model";
import { roomScripts } from "../../../../plan/room";
import type { StepBody } from "../../../../plan/step";
import { made } from "../../guest-needs";

export interface Settings {
  /** Version of the driver, such as `580.76.05`. */
  version: string;
  /** Whether DKMS builds it for each new kernel. */
  dkms: boolean;
  /** Where the .run file is. */
  runfileUrl: string;
  /** Digest that the file must have, hexadecimal; absent checks none. */
  sha256?: string;
}

export const installStep = ({ version, dkms, runfileUrl, sha256 }: DriverSpec): StepBody<Settings> => ({
  ...roomScripts(__dirname),
  makes: [made.driver],
  settings: { version, dkms, runfileUrl, sha256 },
});
