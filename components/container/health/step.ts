/** A container that works. It has no look: it asks, and changes nothing. */
import type { ContainerSpec } from "../../../config/model";
import { scriptIn } from "../../../plan/room";
import type { StepBody } from "../../../plan/step";
import type { OfContainer } from "../of-container";

export interface Settings extends OfContainer {
  /** Command that succeeds inside; absent for none. */
  command?: string;
  /** Most attempts; 3 by default. */
  retries: number;
  /** Seconds between two attempts; 5 by default. */
  interval: number;
  /** Seconds that one attempt may take; 30 by default. */
  timeLimit: number;
  /** Whether nvidia-smi must work inside. */
  gpu: boolean;
  /** Runs it again: a digest of what may have changed its result. */
  after: string;
}

/** As a step of a run, which goes back to the savepoint where it fails. */
export function healthStep(spec: ContainerSpec, tag: string, digest: string): StepBody<Settings> {
  const { command, retries = 3, interval = 5, timeLimit = 30 } = spec.healthCheck ?? {};
  return {
    script: scriptIn(__dirname, "in-run"),
    settings: {
      ...{ ctid: spec.ctid, tag, command, retries, interval, timeLimit },
      ...{ gpu: spec.usesDriver, after: digest },
    },
  };
}
