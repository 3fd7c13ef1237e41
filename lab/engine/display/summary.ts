import type { Diagnostic, EngineEvent, Op } from "../core/events";
import { isStack, typeOf, nameOf } from "../core/urn";
import { equal, type Props } from "../core/values";
import { render } from "./render";
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

/**
 * The stack's outputs: as they are when the stack is new or nothing changed, else what changes them.
 * @param olds undefined for a stack that is made in this run.
 * @param planning a plan without a change has nothing to tell.
 */
export function outputsText(olds: Props | undefined, news: Props, planning: boolean, paint: Paint): string {
  const before = olds ?? news;
  const keys = [...new Set([...Object.keys(before), ...Object.keys(news)])].sort();
  const changed = keys.some((key) => !equal(before[key], news[key]));
  if (keys.length === 0 || (planning && olds && !changed)) return "";
  const width = Math.max(...keys.map((k) => k.length));
  const lines = keys.map((key) => {
    const name = key.padEnd(width);
    const [a, b] = [before[key], news[key]];
    if (a === undefined) return `  ${paint("green", "+")} ${name}: ${render(b, INDENT)}`;
    if (b === undefined) return `  ${paint("red", "-")} ${name}: ${render(a, INDENT)}`;
    return equal(a, b)
      ? `${INDENT}${name}: ${render(b, INDENT)}`
      : `  ${paint("yellow", "~")} ${name}: ${render(a, INDENT)} => ${render(b, INDENT)}`;
  });
  return `Outputs:\n${lines.join("\n")}\n\n`;
}

const INDENT = "    ";

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
