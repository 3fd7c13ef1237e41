/** Results as `pvesh` and `pveum` print them: JSON, YAML, or the box tables of PVE::CLIFormatter. */
import { stringify } from "yaml";
import { boolean, string, type Parameters, type Values } from "../schema/types";

const O = { optional: true } as const;

export const formatOptions: Parameters = {
  "output-format": string({ ...O, enum: ["text", "json", "json-pretty", "yaml"] }),
  "human-readable": boolean(O),
  noborder: boolean(O),
  noheader: boolean(O),
  quiet: boolean(O),
};

const sorted = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== "object") return value;
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  return Object.fromEntries(
    entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, item]) => [key, sorted(item)]),
  );
};

const cell = (value: unknown): string => {
  if (value === undefined || value === null) return "";
  return typeof value === "string" ? value : JSON.stringify(sorted(value));
};

function table(head: string[], rows: string[][], values: Values): string {
  const all = values["noheader"] === 1 ? rows : [head, ...rows];
  const widths = head.map((_, column) => Math.max(1, ...all.map((row) => (row[column] ?? "").length)));
  const border = values["noborder"] !== 1;
  const line = (left: string, fill: string, mid: string, right: string) =>
    `${left}${widths.map((width) => fill.repeat(width + 2)).join(mid)}${right}`;
  const text = (row: string[]) => {
    const cells = widths.map((width, column) => (row[column] ?? "").padEnd(width));
    return border ? `│ ${cells.join(" │ ")} │` : cells.join(" ").trimEnd();
  };
  const lines: string[] = [];
  if (border) lines.push(line("┌", "─", "┬", "┐"));
  if (values["noheader"] !== 1) {
    lines.push(text(head));
    if (border) lines.push(line("╞", "═", "╪", "╡"));
  }
  rows.forEach((row, n) => {
    if (n > 0 && border) lines.push(line("├", "─", "┼", "┤"));
    lines.push(text(row));
  });
  if (border) lines.push(line("└", "─", "┴", "┘"));
  return lines.join("\n");
}

function asText(result: unknown, values: Values): string {
  if (result === null || result === undefined) return "";
  if (typeof result !== "object") return cell(result);
  if (Array.isArray(result)) {
    if (result.length === 0) return "";
    const items = result as unknown[];
    if (items.every((item) => typeof item !== "object" || item === null)) return items.map(cell).join("\n");
    const rows = items as Record<string, unknown>[];
    const head = [
      ...new Set(rows.flatMap((row) => Object.keys(row).filter((key) => row[key] !== undefined))),
    ].sort();
    return table(
      head,
      rows.map((row) => head.map((key) => cell(row[key]))),
      values,
    );
  }
  const entries = Object.entries(sorted(result) as Record<string, unknown>);
  return table(
    ["key", "value"],
    entries.map(([key, value]) => [key, cell(value)]),
    values,
  );
}

/** The text of a result without its last newline; "" prints nothing. */
export function formatResult(result: unknown, values: Values): string {
  if (values["quiet"] === 1) return "";
  switch (values["output-format"]) {
    case "json":
      return JSON.stringify(sorted(result ?? null));
    case "json-pretty":
      return JSON.stringify(sorted(result ?? null), null, 3);
    case "yaml":
      return stringify(sorted(result ?? null)).trimEnd();
    default:
      return asText(result, values);
  }
}
