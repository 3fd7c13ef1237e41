import type { EngineEvent, Op, StepMetadata } from "../core/events";
import { isDefaultProvider } from "../core/urn";

/** Gathers what `preview --json` prints. */
export class PreviewJson {
  private readonly steps: object[] = [];
  private readonly diagnostics: object[] = [];
  private changes: Partial<Record<Op, number>> = {};
  private readonly started = Date.now();

  constructor(private readonly config: Record<string, string>) {}

  event(event: EngineEvent): void {
    const step = event.resOutputsEvent?.metadata;
    if (step && step.logical && !isDefaultProvider(step.urn)) this.steps.push(stepJson(step));
    const d = event.diagnosticEvent;
    if (d && !d.ephemeral && d.severity !== "debug") {
      this.diagnostics.push({ ...(d.urn ? { urn: d.urn } : {}), message: d.message, severity: d.severity });
    }
    if (event.summaryEvent) this.changes = event.summaryEvent.resourceChanges;
  }

  text(): string {
    const result = {
      config: this.config,
      steps: this.steps,
      ...(this.diagnostics.length ? { diagnostics: this.diagnostics } : {}),
      duration: (Date.now() - this.started) * 1_000_000,
      changeSummary: this.changes,
    };
    return `${JSON.stringify(result, null, 4)}\n`;
  }
}

function stepJson(m: StepMetadata): object {
  const reasons = m.op === "replace" ? (m.keys ?? []) : (m.diffs ?? []);
  const detailed = m.detailedDiff
    ? Object.fromEntries(
        Object.entries(m.detailedDiff).map(([path, d]) => [
          path,
          { kind: d.diffKind, inputDiff: d.inputDiff },
        ]),
      )
    : null;
  return {
    op: m.op,
    urn: m.urn,
    ...(m.provider ? { provider: m.provider } : {}),
    ...(m.old ? { oldState: m.old } : {}),
    ...(m.new ? { newState: m.new } : {}),
    ...(reasons.length ? { diffReasons: reasons } : {}),
    ...(m.keys?.length ? { replaceReasons: m.keys } : {}),
    detailedDiff: detailed,
  };
}
