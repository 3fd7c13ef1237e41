import type { StepMetadata } from "../core/events";
import { equal, isObject, isUnknown, type Value } from "../core/values";
import { opColor, SYMBOLS, type Paint } from "./words";

/** The properties of one step, old against new; secrets have been masked before. */
export function propertyDiff(m: StepMetadata, paint: Paint): string {
  if (m.op === "same") return "";
  const lines = [`  ${paint(opColor(m.op), SYMBOLS[m.op])} ${m.type}: (${m.op})`];
  const id = m.new?.id || m.old?.id;
  if (id) lines.push(`        [id=${id}]`);
  lines.push(`        [urn=${m.urn}]`);
  const olds = m.old?.inputs ?? {};
  const news = m.new?.inputs ?? {};
  const onlyOne = m.op === "create" || m.op === "delete" || !m.old || !m.new;
  if (onlyOne) {
    const props = m.op === "delete" ? olds : m.new ? news : olds;
    for (const [key, value] of Object.entries(props)) {
      if (!key.startsWith("__")) lines.push(`        ${key}: ${show(value)}`);
    }
  } else lines.push(...changes(olds, news, "      ", paint));
  return `${lines.join("\n")}\n`;
}

function changes(olds: Value, news: Value, indent: string, paint: Paint): string[] {
  const before = isObject(olds) ? olds : {};
  const after = isObject(news) ? news : {};
  const lines: string[] = [];
  for (const key of [...new Set([...Object.keys(before), ...Object.keys(after)])].sort()) {
    const [a, b] = [before[key], after[key]];
    if (key.startsWith("__") || equal(a, b)) continue;
    if (a === undefined) lines.push(`${indent}${paint("green", "+")} ${key}: ${show(b)}`);
    else if (b === undefined) lines.push(`${indent}${paint("red", "-")} ${key}: ${show(a)}`);
    else if (isObject(a) && isObject(b)) {
      lines.push(
        `${indent}${paint("yellow", "~")} ${key}: {`,
        ...changes(a, b, `${indent}    `, paint),
        `${indent}  }`,
      );
    } else lines.push(`${indent}${paint("yellow", "~")} ${key}: ${show(a)} => ${show(b)}`);
  }
  return lines;
}

function show(value: Value | undefined): string {
  if (value === undefined) return "";
  if (isUnknown(value)) return "[unknown]";
  if (typeof value === "string" && value.includes("\n")) {
    return `"""\n${value
      .trimEnd()
      .split("\n")
      .map((l) => `            ${l}`)
      .join("\n")}\n          """`;
  }
  return JSON.stringify(value, (_k, v: Value) => (isUnknown(v) ? "[unknown]" : v));
}
