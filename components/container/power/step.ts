/** A container's power state, after everything else. */
import type { ContainerSpec } from "../../../config/model";
import type { PowerState } from "../../../config/power";
import { roomScripts } from "../../../plan/room";
import type { StepBody } from "../../../plan/step";
import type { OfContainer } from "../of-container";

export interface Settings extends OfContainer {
  /** The state that is asked for. */
  state?: PowerState;
  /** Seconds that it may take to shut down before it is stopped hard; 120 by default. */
  shutdownTimeout: number;
  /** Name of its network card inside, which is waited for. */
  interface: string;
  /** Runs it again, where it is to be stopped: a digest of all other steps, which may have started it. */
  after?: string;
}

export function powerStep(spec: ContainerSpec, tag: string, after: string): StepBody<Settings> {
  const { ctid, state, shutdownTimeout = 120, network } = spec;
  return {
    ...roomScripts(__dirname),
    settings: {
      ctid,
      tag,
      state,
      shutdownTimeout,
      interface: network.name,
      after: state === "stopped" ? after : undefined,
    },
  };
}
