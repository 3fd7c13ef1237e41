import { isObject, isUnknown, type Value } from "../core/values";

const STEP = "    ";

/**
 * A value as Pulumi shows it: `"text"`, `[secret]`, `[unknown]`, lists as `[0]: …`, objects with their names in a
 * column. Secrets have been masked before.
 * @param indent what the line it begins on is indented by.
 */
export function render(value: Value | undefined, indent: string): string {
  if (value === "[secret]") return value;
  if (isUnknown(value)) return "[unknown]";
  if (Array.isArray(value)) {
    if (value.length === 0) return "[]";
    const lines = value.map((e, i) => `${indent}${STEP}[${i}]: ${render(e, indent + STEP)}\n`);
    return `[\n${lines.join("")}${indent}]`;
  }
  if (isObject(value)) {
    if (Object.keys(value).length === 0) return "{}";
    return `{\n${renderProps(value, indent + STEP).join("")}${indent}}`;
  }
  if (typeof value === "string" && value.includes("\n")) {
    const lines = value.trimEnd().split("\n");
    return `\n${lines.map((l) => `${indent}${STEP}${l}\n`).join("")}${indent}`.trimEnd();
  }
  return JSON.stringify(value);
}

/** One entry each, with its line end, the names padded to the longest. */
export function renderProps(props: { [key: string]: Value }, indent: string): string[] {
  const keys = Object.keys(props)
    .filter((key) => !key.startsWith("__"))
    .sort();
  const width = Math.max(0, ...keys.map((key) => key.length));
  return keys.map((key) => `${indent}${key.padEnd(width)}: ${render(props[key], indent)}\n`);
}
