/** A disk image as a volume of a storage: there, or copied from a path of the node. */
import { roomScripts } from "../../../plan/room";
import type { StepBody } from "../../../plan/step";

export interface Settings {
  /** Storage with content import. */
  storage: string;
  /** File name of the volume. */
  file: string;
  /** Path on the node that it is copied from; absent where it must be there. */
  path?: string;
}

export const imageStep = (settings: Settings): StepBody<Settings> => ({
  ...roomScripts(__dirname),
  settings,
});
