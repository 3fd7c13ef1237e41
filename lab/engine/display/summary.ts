import type { Diagnostic, EngineEvent, Op } from "../core/events";
import { isStack, typeOf, nameOf } from "../core/urn";
import { equal, masked, isUnknown, type Props, type Value } from "../core/values";
import { opColor, summaryWord, SYMBOLS, type Paint } from "./words";

/** Gathers diagnostics as they come, to be shown by resource at the end. */
export class Diagnostics {
  private readonly groups = new Map<string, Diagnostic[]>();

  event(event: EngineEvent): void {
    const d = event.diagnosticEvent;
    if (!d || d.ephemeral || d.severity === "debug") return;
    const group = this.groups.get(d.urn ?? "") ?? [];
    group.push(d);
    this.groups.set(d.urn ?? "", group);
  }

  text(stackLabel: string, paint: Paint): string {
    if (this.groups.size === 0) return "";
    const parts = ["Diagnostics:\n"];
    const groups = [...this.groups].sort(([a], [b]) => Number(b === "") - Number(a === ""));
    for (const [urn, list] of groups) {
      const title = urn === "" || isStack(urn) ? stackLabel : `${typeOf(urn)} (${nameOf(urn)})`;
      parts.push(`  ${title}:\n`);
      for (const d of list) {
        const prefix =
          d.severity === "error"
            ? paint("red", "error: ")
            : d.severity === "warning"
              ? paint("yellow", "warning: ")
              : "";
        parts.push(indent(prefix + d.message.trimEnd()), "\n");
      }
      parts.push("\n");
    }
    return parts.join("");
  }
}

function indent(text: string): string {
  return text
    .split("\n")
    .map((line) => (line ? `    ${line}` : line))
    .join("\n");
}

export function outputsText(
  olds: Props,
  news: Props,
  showSecrets: boolean,
  open: (p: Props) => Props,
  paint: Paint,
): string {
  const before = showSecrets ? open(olds) : masked(olds);
  const after = showSecrets ? open(news) : masked(news);
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  if (keys.length === 0) return "";
  const width = Math.max(...keys.map((k) => k.length));
  const lines = keys.map((key) => {
    const name = key.padEnd(width);
    const [a, b] = [before[key], after[key]];
    if (a === undefined) return `  ${paint("green", "+")} ${name}: ${show(b)}`;
    if (b === undefined) return `  ${paint("red", "-")} ${name}: ${show(a)}`;
    return equal(a, b)
      ? `    ${name}: ${show(b)}`
      : `  ${paint("yellow", "~")} ${name}: ${show(a)} => ${show(b)}`;
  });
  return `Outputs:\n${lines.join("\n")}\n\n`;
}

function show(value: Value | undefined): string {
  if (value === "[secret]") return "[secret]";
  if (isUnknown(value)) return "[unknown]";
  return JSON.stringify(value, (_k, v: Value) => (isUnknown(v) ? "[unknown]" : v), 2).replace(
    /\n/g,
    "\n      ",
  );
}

const ORDER: Op[] = ["create", "import", "update", "delete", "replace", "read"];

/** `Resources:` with the counts, then `Duration:`. */
export function countsText(
  counts: Partial<Record<Op, number>>,
  planning: boolean,
  seconds: number,
  paint: Paint,
): string {
  const changed = ORDER.filter((op) => counts[op]);
  const lines = changed.map(
    (op) => `    ${paint(opColor(op), `${SYMBOLS[op]}${counts[op]} ${summaryWord(op, planning)}`)}`,
  );
  const total = changed.reduce((sum, op) => sum + (counts[op] ?? 0), 0);
  if (counts.same)
    lines.push(
      changed.length > 1 ? `    ${total} changes. ${counts.same} unchanged` : `    ${counts.same} unchanged`,
    );
  else if (changed.length > 1) lines.push(`    ${total} changes`);
  const duration = planning
    ? ""
    : `\nDuration: ${seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`}\n`;
  return `Resources:\n${lines.join("\n")}\n${duration}`;
}
