/** The user space of the host's NVIDIA driver in a container. */
import type { NvidiaSpec } from "../../../config/model";
import { roomScripts } from "../../../plan/room";
import type { StepBody } from "../../../plan/step";
import type { OfContainer } from "../of-container";

export interface Settings extends OfContainer {
  /** Version of the driver, such as `580.76.05`: the host's. */
  version: string;
  /** Where the .run file is. */
  runfileUrl: string;
  /** Digest that the file must have, hexadecimal; absent checks none. */
  sha256?: string;
}

export const nvidiaDriverStep = (
  ctid: number,
  tag: string,
  { version, runfileUrl, sha256 }: NvidiaSpec,
): StepBody<Settings> => ({
  ...roomScripts(__dirname),
  settings: { ctid, tag, version, runfileUrl, sha256 },
});
