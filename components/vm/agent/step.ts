/** A machine whose guest agent answers and whose cloud-init has ended. It has no look: it waits, and changes nothing. */
import { roomScripts } from "../../../plan/room";
import type { StepBody } from "../../../plan/step";
import type { OfMachine } from "../of-machine";

export interface Settings extends OfMachine {
  /** Most seconds until the agent answers. */
  seconds: number;
}

/** The first start installs the agent. */
const seconds = 900;

export const agentStep = (own: OfMachine): StepBody<Settings> => ({
  ...roomScripts(__dirname),
  settings: { ...own, seconds },
});
