/** What the look at the node means for what is registered, and what the user is told of it. */
import type { DriftMode } from "../../config/stack";
import { RERUN_VARIABLE, type Rerun } from "../host/rerun";
import type { Looked } from "./look";

/** How long the text of one step may be. */
const LONGEST = 1200;

export class Drift implements Rerun {
  /** Name of each drifted step, with what differs. */
  readonly drifted: ReadonlyMap<string, string[]>;
  readonly warnings: string[];
  private readonly isRepaired: boolean;
  private readonly seen = new Date().toISOString().replace(/\.\d+/, "");

  /** @param looked undefined where nothing was looked at */
  constructor(
    private readonly looked: Looked | undefined,
    mode: DriftMode,
    warnings: readonly string[] = [],
  ) {
    const steps = [...(looked?.steps ?? [])];
    this.drifted = new Map(
      steps.flatMap(([step, found]) =>
        "deviations" in found && found.deviations.length > 0 ? [[step, found.deviations]] : [],
      ),
    );
    this.isRepaired = mode === "repair" && looked?.accepts === true;
    const failed = steps.flatMap(([step, found]) =>
      "failure" in found ? [`${step} could not be looked at: ${found.failure}`] : [],
    );
    this.warnings = [...warnings, ...failed, ...this.untouched(mode)];
  }

  /** Drift that only is told of. */
  private untouched(mode: DriftMode): string[] {
    if (this.isRepaired || this.drifted.size === 0) return [];
    const each = [...this.drifted].map(
      ([step, deviations]) => `${step} has drifted: ${deviations.join("; ")}`,
    );
    return mode === "repair" ? [...each, REFUSED] : each;
  }

  reason = (step: string): string | undefined => {
    const deviations = this.isRepaired ? this.drifted.get(step) : undefined;
    return deviations && `${shortened(plain(deviations.join("; ")))} (seen ${this.seen})`;
  };

  /** A variable of an earlier run is forgotten where sshd would refuse it now. */
  get keepsOld(): boolean {
    return this.looked === undefined || this.looked.accepts;
  }
}

const REFUSED =
  `what has drifted is not put right: sshd on the node refuses the variable ${RERUN_VARIABLE}, by which a step is run ` +
  "again. Debian's sshd takes it: 'AcceptEnv LANG LC_*' in /etc/ssh/sshd_config, then 'systemctl reload ssh'.";

/** As a variable of the environment may have it, whatever stands in a file or name that differs. */
const plain = (text: string): string =>
  text
    .replace(/\s+/g, " ")
    .replace(/[^ -~]/g, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`);

const shortened = (text: string): string => (text.length <= LONGEST ? text : `${text.slice(0, LONGEST)}...`);
