/** The clock is kept right. */
import { roomScripts } from "../../../../plan/room";
import type { StepBody } from "../../../../plan/step";

/** Nothing of it can be chosen. */
export type Settings = Record<string, never>;

export const chronyStep = (): StepBody<Settings> => ({ ...roomScripts(__dirname), settings: {} });
