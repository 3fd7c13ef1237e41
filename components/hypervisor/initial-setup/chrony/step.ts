/** chrony keeps the clock right. */
import { roomScripts } from "../../../../plan/room";
import type { StepBody } from "../../../../plan/step";

/** Without settings. */
export type Settings = Record<string, never>;

export const chronyStep = (): StepBody<Settings> => ({ ...roomScripts(__dirname), settings: {} });
