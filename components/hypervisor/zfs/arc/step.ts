/** The limit of ZFS's cache. */
import { roomScripts } from "../../../../plan/room";
import type { StepBody } from "../../../../plan/step";

export interface Settings {
  /** Most memory for the cache, GiB. */
  arcMaxGb: number;
}

export const arcStep = (arcMaxGb: number): StepBody<Settings> => ({
  ...roomScripts(__dirname),
  settings: { arcMaxGb },
});
