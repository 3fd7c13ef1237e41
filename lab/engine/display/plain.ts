import type { EngineEvent, Op, StepMetadata } from "../core/events";
import { isDefaultProvider, nameOf } from "../core/urn";
import { propertyDiff } from "./diff";
import { doing, done, elapsed, opColor, planned, SYMBOLS, type Paint } from "./words";

export interface DisplayOptions {
  /** Property diffs after each line. */
  diff: boolean;
  planning: boolean;
  showSames: boolean;
  /** In a preview, the steps of a replacement beside the replacement itself. */
  showReplacementSteps: boolean;
  paint: Paint;
}

/** One line when an operation begins and one when it ends: for logs and pipes. */
export class PlainDisplay {
  private readonly began = new Map<string, number>();

  constructor(
    private readonly options: DisplayOptions,
    private readonly write: (text: string) => void,
  ) {}

  event(event: EngineEvent): void {
    if (event.resourcePreEvent) this.begin(event.resourcePreEvent.metadata);
    else if (event.resOutputsEvent) this.end(event.resOutputsEvent.metadata);
    else if (event.resOpFailedEvent) this.failed(event.resOpFailedEvent.metadata);
    else if (event.diagnosticEvent?.urn && event.diagnosticEvent.severity !== "error") {
      const { urn, message } = event.diagnosticEvent;
      for (const line of message.trimEnd().split("\n")) this.write(`    ${label(urn)} ${line}\n`);
    }
  }

  close(): void {
    // Every line has been written already.
  }

  private line(op: Op, urn: string, text: string): void {
    const symbol = this.options.paint(opColor(op), ` ${SYMBOLS[op]}`);
    this.write(`${symbol} ${label(urn)}${text ? ` ${text}` : ""}\n`);
  }

  private begin(m: StepMetadata): void {
    if (m.op === "same" || isDefaultProvider(m.urn)) return;
    this.began.set(`${m.op} ${m.urn}`, Date.now());
    if (!this.options.planning && m.op !== "replace") this.line(m.op, m.urn, `${doing(m.op)} (0s)`);
  }

  private end(m: StepMetadata): void {
    if (isDefaultProvider(m.urn) || (m.op === "same" && !this.options.showSames)) return;
    if (this.options.planning) {
      if (m.logical || m.op === "same" || this.options.showReplacementSteps)
        this.line(m.op, m.urn, [planned(m.op), diffSummary(m)].filter(Boolean).join(" "));
    } else {
      const began = this.began.get(`${m.op} ${m.urn}`) ?? this.began.get(`refresh ${m.urn}`) ?? Date.now();
      const text = [done(m.op), m.op === "same" ? "" : `(${elapsed(Date.now() - began)})`, diffSummary(m)];
      this.line(m.op, m.urn, text.filter(Boolean).join(" "));
    }
    if (this.options.diff && m.logical) this.write(propertyDiff(m, this.options.paint));
  }

  private failed(m: StepMetadata): void {
    if (isDefaultProvider(m.urn)) return;
    const began = this.began.get(`${m.op} ${m.urn}`) ?? Date.now();
    this.line(m.op, m.urn, `**${doing(m.op)} failed** (${elapsed(Date.now() - began)})`);
  }
}

export const label = (urn: string): string => `${urn.split("::")[2]?.split("$").at(-1)} ${nameOf(urn)}`;

/** `[diff: ~create,environment]`, as Pulumi writes beside an update. */
export function diffSummary(m: StepMetadata): string {
  if (m.op !== "update" && m.op !== "replace") return "";
  const keys = m.diffs?.length ? m.diffs : (m.keys ?? []);
  if (keys.length === 0) return "";
  const sign = (key: string): string => {
    if (m.old && !(key in m.old.inputs) && m.new && key in m.new.inputs) return "+";
    return m.new && !(key in m.new.inputs) && m.old && key in m.old.inputs ? "-" : "~";
  };
  return `[diff: ${[...keys]
    .sort()
    .map((k) => `${sign(k)}${k}`)
    .join(",")}]`;
}
