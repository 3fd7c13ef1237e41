/** The power state that is asked for. */
import type { VmSpec } from "../../../config/model";
import type { PowerState } from "../../../config/power";
import { roomScripts } from "../../../plan/room";
import type { StepBody } from "../../../plan/step";
import type { OfMachine } from "../of-machine";
import { atStart } from "../start/step";

export interface Settings extends OfMachine {
  /** The state. */
  state: PowerState;
  /** Seconds that it may take to shut down before it is stopped hard. */
  timeLimit: number;
  /** Whether the guest agent can be asked. */
  agent: boolean;
  /** Runs it again: settings for which the step `start` restarts the machine. */
  restartWhenChanged: ReturnType<typeof atStart>;
}

export const powerStep = (own: OfMachine, spec: VmSpec, state: PowerState): StepBody<Settings> => ({
  ...roomScripts(__dirname),
  settings: {
    ...own,
    timeLimit: spec.shutdownTimeout,
    agent: spec.agent,
    restartWhenChanged: atStart(spec),
    state,
  },
});
