/** All packages are upgraded, once for each value of the key. */
import { roomScripts } from "../../../../plan/room";
import type { StepBody } from "../../../../plan/step";

export interface Settings {
  /** Word that was done once; another one upgrades again; `never` does nothing. */
  upgrade: string;
}

export const upgradeStep = (upgrade: string): StepBody<Settings> => ({
  ...roomScripts(__dirname),
  settings: { upgrade },
});
