/**
 * All packages are upgraded, once for each value of the key. It has no look: what it did lasts in no state of the node,
 * and that newer packages are there is no deviation.
 */
import { roomScripts } from "../../../../plan/room";
import type { StepBody } from "../../../../plan/step";

export interface Settings {
  /** A word: each new one upgrades once; `never` does nothing. */
  upgrade: string;
}

export const upgradeStep = (upgrade: string): StepBody<Settings> => ({
  ...roomScripts(__dirname),
  settings: { upgrade },
});
