/** The node's own name. */
import { roomScripts } from "../../../../plan/room";
import type { StepBody } from "../../../../plan/step";

export interface Settings {
  /** Name of the node, without a domain. */
  hostname: string;
}

export const hostnameStep = (hostname: string): StepBody<Settings> => ({
  ...roomScripts(__dirname),
  settings: { hostname },
});
