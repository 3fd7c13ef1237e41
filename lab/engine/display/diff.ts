import type { StepMetadata } from "../core/events";
import { equal, isObject, isUnknown, type Value } from "../core/values";
import { render, renderProps } from "./render";
import { opColor, SYMBOLS, type Paint } from "./words";

/** The properties of one step, old against new; secrets have been masked before. */
export function propertyDiff(m: StepMetadata, paint: Paint): string {
  if (m.op === "same") return "";
  const lines = [`  ${paint(opColor(m.op), SYMBOLS[m.op])} ${m.type}: (${m.op})`];
  const id = m.old?.id || m.new?.id;
  if (id && !isUnknown(id) && m.op !== "create") lines.push(`        [id=${id}]`);
  lines.push(`        [urn=${m.urn}]`);
  if (m.provider) lines.push(`        [provider=${m.provider}]`);
  const olds = m.old?.inputs ?? {};
  const news = m.new?.inputs ?? {};
  const onlyOne = m.op === "create" || m.op === "delete" || !m.old || !m.new;
  if (onlyOne) {
    const props = m.op === "delete" ? olds : m.new ? news : olds;
    lines.push(...renderProps(props, "        ").map((line) => line.trimEnd()));
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
    if (a === undefined) lines.push(`${indent}${paint("green", "+")} ${key}: ${render(b, indent)}`);
    else if (b === undefined) lines.push(`${indent}${paint("red", "-")} ${key}: ${render(a, indent)}`);
    else if (isObject(a) && isObject(b)) {
      lines.push(
        `${indent}${paint("yellow", "~")} ${key}: {`,
        ...changes(a, b, `${indent}    `, paint),
        `${indent}  }`,
      );
    } else
      lines.push(`${indent}${paint("yellow", "~")} ${key}: ${render(a, indent)} => ${render(b, indent)}`);
  }
  return lines;
}
