import type { EngineEvent, Op, StepMetadata } from "../core/events";
import { isDefaultProvider, isStack, nameOf, typeOf } from "../core/urn";
import { diffSummary, type DisplayOptions } from "./plain";
import { doing, done, elapsed, opColor, planned, SYMBOLS } from "./words";

interface Row {
  urn: string;
  parent: string;
  op: Op;
  status: string;
  state: "running" | "done" | "failed";
  began: number;
  took: number;
  note: string;
}

const FRAME_MS = 100;

/** A table of the resources, redrawn in place, children under their parents, running ones with their time. */
export class TreeDisplay {
  private readonly rows = new Map<string, Row>();
  private drawn = 0;
  private dirty = true;
  private readonly timer: NodeJS.Timeout;

  constructor(
    private readonly options: DisplayOptions,
    private readonly out: NodeJS.WriteStream,
  ) {
    this.timer = setInterval(() => this.draw(false), FRAME_MS);
    this.timer.unref();
  }

  event(event: EngineEvent): void {
    if (event.resourcePreEvent) this.begin(event.resourcePreEvent.metadata);
    else if (event.resOutputsEvent) this.end(event.resOutputsEvent.metadata);
    else if (event.resOpFailedEvent) this.fail(event.resOpFailedEvent.metadata);
    else if (event.diagnosticEvent) {
      const row = this.rows.get(event.diagnosticEvent.urn ?? "");
      if (row) row.note = event.diagnosticEvent.message.trimEnd().split("\n").at(-1) ?? "";
    }
    this.dirty = true;
  }

  close(): void {
    clearInterval(this.timer);
    this.draw(true);
  }

  private begin(m: StepMetadata): void {
    if (isDefaultProvider(m.urn)) return;
    const parent = m.new?.parent || m.old?.parent || "";
    const known = this.rows.get(m.urn);
    const status = this.options.planning ? planned(m.op) : doing(m.op);
    this.rows.set(m.urn, {
      urn: m.urn,
      parent,
      op: m.op,
      status,
      state: m.op === "same" ? "done" : "running",
      began: Date.now(),
      took: 0,
      note: known?.note ?? "",
    });
  }

  private end(m: StepMetadata): void {
    const row = this.rows.get(m.urn);
    if (!row) return;
    row.op = m.op;
    row.state = "done";
    row.took = Date.now() - row.began;
    row.status = [this.options.planning ? planned(m.op) : done(m.op), diffSummary(m)]
      .filter(Boolean)
      .join(" ");
    if (m.op !== "same") row.note = "";
  }

  private fail(m: StepMetadata): void {
    const row = this.rows.get(m.urn);
    if (!row) return;
    row.state = "failed";
    row.took = Date.now() - row.began;
    row.status = `**${doing(m.op)} failed**`;
  }

  /** What does not fit on the screen is left out of the moving picture, from the top, and shown at the end. */
  private draw(final: boolean): void {
    const running = [...this.rows.values()].some((r) => r.state === "running");
    if (!final && !this.dirty && !running) return;
    this.dirty = false;
    const width = Math.max(20, (this.out.columns || 80) - 1);
    const all = this.lines(width);
    const room = Math.max(3, (this.out.rows || 24) - 2);
    const shown = final || all.length <= room ? all : all.slice(all.length - room);
    const up = this.drawn > 0 ? `\u001b[${this.drawn}A` : "";
    this.out.write(`${up}\u001b[0J${shown.map((l) => `${l}\n`).join("")}`);
    this.drawn = shown.length;
  }

  private lines(width: number): string[] {
    const children = new Map<string, Row[]>();
    for (const row of this.rows.values()) {
      const under = this.rows.has(row.parent) ? row.parent : "";
      children.set(under, [...(children.get(under) ?? []), row]);
    }
    const out: string[] = [];
    const visit = (row: Row, depth: number): void => {
      const below = children.get(row.urn) ?? [];
      if (row.op !== "same" || isStack(row.urn) || this.options.showSames || hasWork(row, children)) {
        out.push(this.line(row, depth, width));
      }
      for (const child of below) visit(child, depth + 1);
    };
    for (const row of children.get("") ?? []) visit(row, 0);
    return out;
  }

  private line(row: Row, depth: number, width: number): string {
    const time =
      row.op === "same" || this.options.planning
        ? ""
        : ` (${elapsed(row.state === "running" ? Date.now() - row.began : row.took)})`;
    const title = `${"   ".repeat(depth)}${typeOf(row.urn)} ${nameOf(row.urn)}`;
    const note = row.note ? `  ${row.note}` : "";
    const text = ` ${SYMBOLS[row.op]} ${title}  ${row.status}${time}${note}`.slice(0, width);
    const color = row.state === "failed" ? "red" : opColor(row.op);
    return this.options.paint(color, text);
  }
}

function hasWork(row: Row, children: Map<string, Row[]>): boolean {
  return (children.get(row.urn) ?? []).some((child) => child.op !== "same" || hasWork(child, children));
}
