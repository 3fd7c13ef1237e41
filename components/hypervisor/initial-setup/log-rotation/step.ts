/** Logs of Phoenix on the node are rotated. */
import { roomScripts } from "../../../../plan/room";
import type { StepBody } from "../../../../plan/step";

/** Without settings. */
export type Settings = Record<string, never>;

export const logRotationStep = (): StepBody<Settings> => ({ ...roomScripts(__dirname), settings: {} });
