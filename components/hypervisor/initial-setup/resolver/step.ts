/** The node's name servers. */
import { roomScripts } from "../../../../plan/room";
import type { StepBody } from "../../../../plan/step";

export interface Settings {
  /** Addresses, in the order in which they are asked. */
  nameservers: string[];
}

export const resolverStep = (nameservers: string[]): StepBody<Settings> => ({
  ...roomScripts(__dirname),
  settings: { nameservers },
});
