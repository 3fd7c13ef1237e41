/** Checks that a VMID is free or this stack's before the provider creates a machine there, or chooses one. */
import { z } from "zod";
import { roomScripts } from "../../../plan/room";
import type { StepBody } from "../../../plan/step";
import { Reported } from "../../../plan/values";

export interface Settings {
  /** Host name of the machine. */
  name: string;
  /** Tag by which the stack knows its own guests. */
  tag: string;
  /** VMID that the entry gives; absent, the first free one from 9000 is chosen and kept. */
  vmid?: number;
  /** VMIDs whose existing machine is taken over. */
  adopt: number[];
  /** Ids that other entries give, of which none is chosen. */
  taken: number[];
  /** Runs it again: tag of this incarnation of the machine; see guest/presence.ts. */
  incarnation?: string;
}

export const claimStep = (settings: Settings): StepBody<Settings> => ({
  ...roomScripts(__dirname),
  settings,
});

/** The line that claim.sh reports, as far as others read it. */
const resultSchema = z.object({ vmid: z.int() });

/**
 * The VMID in a claim's result; a run of other guests alone makes no claim, and there is none yet.
 *
 * @param claim name of the claim's step
 */
export const claimedVmid = (claim: string): Reported =>
  new Reported(claim, "stdout", (stdout) =>
    typeof stdout === "string" ? resultSchema.parse(JSON.parse(stdout)).vmid : undefined,
  );
