/** Checks that a CTID is free or this stack's before the provider creates a container there. */
import { roomScripts } from "../../../plan/room";
import type { StepBody } from "../../../plan/step";
import type { OfContainer } from "../of-container";

export interface Settings extends OfContainer {
  /** Host name of the container, by which one is found that somebody moved. */
  hostname: string;
  /** Whether a container that is there already is taken over. */
  adopt: boolean;
  /** Runs it again: a new value in every run while a foreign container has the CTID; see guest/presence.ts. */
  checkAgain?: string;
}

export const claimStep = (settings: Settings): StepBody<Settings> => ({
  ...roomScripts(__dirname),
  settings,
});
