/** How a step is run although its script and settings are the same. */

/** An input that is ignored, unless the step is to run; Debian's sshd lets LC_… through. */
export const RERUN_VARIABLE = "LC_PHOENIX_DRIFT";

export interface Rerun {
  /** Why a step is to run; a text that differs each time. */
  reason(step: string): string | undefined;
  /** Whether the reason of an earlier run may stay in the state, where it runs nothing. */
  keepsOld: boolean;
}

/** Steps run when their inputs change, and not else. */
export const noRerun: Rerun = { reason: () => undefined, keepsOld: true };

/** The input and the option of a step. */
export function rerunOf(step: string, rerun: Rerun) {
  const text = rerun.reason(step);
  return {
    environment: text === undefined ? undefined : { [RERUN_VARIABLE]: text },
    ignoreChanges: text === undefined && rerun.keepsOld ? ["environment"] : undefined,
  };
}
