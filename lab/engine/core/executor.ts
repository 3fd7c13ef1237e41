import { Bail, messageOf, ProtectedError } from "../errors";
import { stateMetadata, type Events, type Op, type PropertyDiff, type StepMetadata } from "./events";
import type { Snapshot } from "./snapshot";
import type { OperationType, Resource } from "./state";
import { isDefaultProvider } from "./urn";

/** One operation on one resource. */
export interface Step {
  op: Op;
  urn: string;
  old?: Resource | undefined;
  new?: Resource | undefined;
  keys?: string[];
  diffs?: string[];
  detailedDiff?: Record<string, PropertyDiff> | null;
  /** Counts in the summary; a replacement is three steps, of which one counts. */
  logical: boolean;
  /** Recorded as pending while it runs. */
  operation?: OperationType;
  /** What the step turned out to be, when it only shows at its end (a refresh). */
  result?: () => Op;
  /** Does the work and tells the snapshot. */
  apply(): Promise<void>;
}

/** Runs steps: at most `parallel` at once, each with its events, its pending operation and its count. */
export class Executor {
  /** Resources that failed, or were not tried because what they need failed. */
  readonly failed = new Set<string>();
  readonly counts: Partial<Record<Op, number>> = {};
  errored = false;
  private stopped: "" | "failed" | "interrupted" = "";
  private running = 0;
  private readonly waiting: (() => void)[] = [];
  private readonly stopListeners: (() => void)[] = [];

  constructor(
    private readonly events: Events,
    private readonly snapshot: Snapshot,
    private readonly options: { parallel: number; continueOnError: boolean; dryRun: boolean },
  ) {}

  get isStopped(): boolean {
    return this.stopped !== "";
  }

  get interrupted(): boolean {
    return this.stopped === "interrupted";
  }

  /** No further step begins; those under way are left to finish. */
  stop(why: "failed" | "interrupted"): void {
    if (this.stopped) return;
    this.stopped = why;
    for (const wake of this.waiting.splice(0)) wake();
    for (const listener of this.stopListeners) listener();
  }

  onStop(listener: () => void): void {
    this.stopListeners.push(listener);
  }

  /** @throws Bail when the step failed (and has been reported) or may not begin any more. */
  async run(step: Step): Promise<void> {
    if (step.op !== "same") await this.acquire();
    try {
      if (this.stopped) throw new Bail("the update has been stopped");
      await this.perform(step);
    } finally {
      if (step.op !== "same") this.release();
    }
  }

  private async perform(step: Step): Promise<void> {
    const planning = this.options.dryRun ? { planning: true } : {};
    this.events.emit({ resourcePreEvent: { metadata: metadata(step), ...planning } });
    const subject = step.new ?? step.old;
    const operation =
      step.operation && subject && !this.options.dryRun
        ? this.snapshot.begin(step.operation, subject)
        : undefined;
    try {
      if (operation) await this.snapshot.commit();
      try {
        await step.apply();
      } finally {
        if (operation) this.snapshot.end(operation);
        await this.snapshot.commit();
      }
    } catch (error) {
      this.events.emit({ resOpFailedEvent: { metadata: metadata(step), status: 1, steps: 1 } });
      this.fail(step.urn, messageOf(error), error instanceof ProtectedError);
      throw new Bail();
    }
    this.count(step);
    this.events.emit({ resOutputsEvent: { metadata: metadata(step, step.result?.()), ...planning } });
  }

  private count(step: Step): void {
    const op = step.result?.() ?? step.op;
    if (!step.logical || isDefaultProvider(step.urn)) return;
    this.counts[op] = (this.counts[op] ?? 0) + 1;
  }

  /**
   * Reports a failure of a resource; without --continue-on-error nothing further begins, unless the failure is one that
   * Pulumi goes on behind.
   */
  fail(urn: string, message: string, goesOn = false): void {
    if (message) this.events.diagnostic("error", message, urn);
    this.errored = true;
    this.failed.add(urn);
    if (!this.options.continueOnError && !goesOn) this.stop("failed");
  }

  private async acquire(): Promise<void> {
    while (this.running >= this.options.parallel && !this.stopped) {
      await new Promise<void>((wake) => this.waiting.push(wake));
    }
    this.running++;
  }

  private release(): void {
    this.running--;
    this.waiting.shift()?.();
  }
}

function metadata(step: Step, op: Op = step.op): StepMetadata {
  const subject = step.new ?? step.old;
  return {
    op,
    urn: step.urn,
    type: subject?.type ?? "",
    old: stateMetadata(step.old),
    new: stateMetadata(step.new),
    ...(step.keys?.length ? { keys: step.keys } : {}),
    ...(step.diffs?.length ? { diffs: step.diffs } : {}),
    detailedDiff: step.detailedDiff ?? null,
    ...(step.logical ? { logical: true } : {}),
    provider: subject?.provider ?? "",
  };
}
