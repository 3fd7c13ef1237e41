/**
 * A savepoint of a container before a run changes it, and its removal at the end of that run. It has no look: nothing of it
 * lasts.
 */
import { roomScripts, scriptIn } from "../../../plan/room";
import type { StepBody } from "../../../plan/step";
import { Reported } from "../../../plan/values";
import type { OfContainer } from "../of-container";

export interface Settings extends OfContainer {
  /** Runs it again: a digest of all that the container's steps do; for the savepoint. */
  steps?: string;
  /** Runs it again: the result of the savepoint's step, which has the savepoint's id; for the end of the run. */
  savepoint?: Reported;
}

export const savepointStep = (own: OfContainer, steps: string): StepBody<Settings> => ({
  ...roomScripts(__dirname),
  settings: { ...own, steps },
});

/**
 * Keeps what was changed: removes the savepoint.
 *
 * @param savepoint name of the savepoint's step
 */
export const commitStep = (own: OfContainer, savepoint: string): StepBody<Settings> => ({
  script: scriptIn(__dirname, "commit"),
  settings: { ...own, savepoint: new Reported(savepoint, "stdout") },
});
