/** What the look at the node means for what is registered, and what the user is shown of it. */
import type { DriftMode } from "../../config/stack";
import { RERUN_VARIABLE, type Rerun } from "../host/rerun";
import type { Looked } from "./look";
import type { DriftReport } from "./report";

/** How long the text of one step may be. */
const LONGEST = 1200;

export class Drift implements Rerun {
  readonly report: DriftReport;
  /** A variable of an earlier run is forgotten where sshd would refuse it now. */
  readonly keepsOld: boolean;
  private readonly seen = new Date().toISOString().replace(/\.\d+/, "");

  /**
   * @param looked what was found, why nothing could be looked at, or undefined where nothing was to be
   * @param milliseconds how long it took
   */
  constructor(
    looked: Looked | { unreachable: string } | undefined,
    private readonly mode: DriftMode,
    milliseconds = 0,
  ) {
    const answer = looked && "steps" in looked ? looked : undefined;
    const steps = [...(answer?.steps ?? [])];
    this.keepsOld = answer?.accepts ?? true;
    this.report = {
      ...(looked && "unreachable" in looked && looked),
      looked: steps.length,
      milliseconds,
      repaired: mode === "repair" && answer?.accepts === true,
      drifted: Object.fromEntries(
        steps.flatMap(([step, found]) =>
          "deviations" in found && found.deviations.length > 0 ? [[step, found.deviations]] : [],
        ),
      ),
      failed: Object.fromEntries(
        steps.flatMap(([step, found]) => ("failure" in found ? [[step, found.failure]] : [])),
      ),
    };
  }

  /** What the program warns of. */
  get warnings(): string[] {
    const { unreachable, failed, drifted, repaired } = this.report;
    const each = Object.entries(drifted).map(([step, texts]) => `${step} has drifted: ${texts.join("; ")}`);
    return [
      ...(unreachable === undefined
        ? []
        : [`the node could not be looked at: ${unreachable}; drift is not shown`]),
      ...Object.entries(failed).map(([step, why]) => `${step} could not be looked at: ${why}`),
      ...(repaired ? [] : each),
      ...(!repaired && each.length > 0 && this.mode === "repair" ? [REFUSED] : []),
    ];
  }

  reason = (step: string): string | undefined => {
    const { repaired, drifted } = this.report;
    const deviations = repaired ? drifted[step] : undefined;
    return deviations && `${shortened(plain(deviations.join("; ")))} (seen ${this.seen})`;
  };
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
