/** Runs a script inside a container: a feature, or the application's own. */
import { roomScripts } from "../../../plan/room";
import type { StepBody } from "../../../plan/step";
import type { InsideScript } from "../../guest/inside";
import type { OfContainer } from "../of-container";

export interface Settings extends OfContainer, InsideScript {
  /** File name of the script. */
  name: string;
  /** Runs it again when what is installed in the container has changed; absent for what installs something itself. */
  digest?: string;
  /** Whether it reads the whole container file, as the original's scripts do; absent for no. */
  wholeFile?: true;
}

export const inGuestStep = (settings: Settings): StepBody<Settings> => ({
  ...roomScripts(__dirname),
  settings,
});
