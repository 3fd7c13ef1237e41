/** The snapshot that clones of a container are made from. */
import { roomScripts } from "../../../plan/room";
import type { StepBody } from "../../../plan/step";
import type { OfContainer } from "../of-container";

export interface Settings extends OfContainer {
  /** Name of the snapshot. */
  name: string;
  /** Digest of everything that was installed before it. */
  digest: string;
}

export const snapshotStep = (settings: Settings): StepBody<Settings> => ({
  ...roomScripts(__dirname),
  settings,
});
