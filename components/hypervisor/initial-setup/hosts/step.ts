/** The node's name resolves to the bridge's address. */
import { roomScripts } from "../../../../plan/room";
import type { StepBody } from "../../../../plan/step";

export interface Settings {
  /** The node's address, with prefix length. */
  address: string;
}

export const hostsStep = (address: string): StepBody<Settings> => ({
  ...roomScripts(__dirname),
  settings: { address },
});
