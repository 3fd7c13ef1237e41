import type { Op } from "../core/events";

export const SYMBOLS: Record<Op, string> = {
  same: "  ",
  create: "+ ",
  update: "~ ",
  delete: "- ",
  replace: "+-",
  "create-replacement": "++",
  "delete-replaced": "--",
  read: "> ",
  "read-replacement": ">>",
  refresh: "~ ",
  discard: "< ",
  "discard-replaced": "<<",
  "remove-pending-replace": "~ ",
  import: "= ",
  "import-replacement": "=>",
};

const VERBS: Record<Op, [string, string]> = {
  same: ["", ""],
  create: ["creating", "created"],
  update: ["updating", "updated"],
  delete: ["deleting", "deleted"],
  replace: ["replacing", "replaced"],
  "create-replacement": ["creating replacement", "created replacement"],
  "delete-replaced": ["deleting original", "deleted original"],
  read: ["reading", "read"],
  "read-replacement": ["reading for replacement", "read for replacement"],
  refresh: ["refreshing", "refreshed"],
  discard: ["discarding", "discarded"],
  "discard-replaced": ["discarding original", "discarded original"],
  "remove-pending-replace": ["completing pending replacement", "completed pending replacement"],
  import: ["importing", "imported"],
  "import-replacement": ["importing replacement", "imported replacement"],
};

const SUMMARY: Partial<Record<Op, [string, string]>> = {
  create: ["to create", "created"],
  update: ["to update", "updated"],
  delete: ["to delete", "deleted"],
  replace: ["to replace", "replaced"],
  read: ["to read", "read"],
  import: ["to import", "imported"],
};

export const doing = (op: Op): string => VERBS[op][0];
export const done = (op: Op): string => VERBS[op][1];
/** A plan names the operation itself. */
export const planned = (op: Op): string =>
  op === "same" ? "" : op.replace("create-replacement", "create replacement");
export const summaryWord = (op: Op, planning: boolean): string => SUMMARY[op]?.[planning ? 0 : 1] ?? op;

/** `0.15s`, `12s`, `2m3s`: as Pulumi writes durations beside a resource. */
export function elapsed(ms: number): string {
  if (ms < 10) return "0s";
  const s = ms / 1000;
  if (s < 1) return `${s.toFixed(2)}s`;
  if (s < 60) return `${Math.floor(s)}s`;
  return `${Math.floor(s / 60)}m${Math.floor(s % 60)}s`;
}

/** Terminal colours, unless they are switched off. */
export function painter(on: boolean): (code: keyof typeof CODES, text: string) => string {
  return (code, text) => (on ? `\u001b[${CODES[code]}m${text}\u001b[0m` : text);
}

const CODES = { red: 31, green: 32, yellow: 33, magenta: 95, cyan: 36, dim: 2, bold: 1 };
export type Paint = ReturnType<typeof painter>;

export function opColor(op: Op): keyof typeof CODES {
  if (op.startsWith("create") || op.startsWith("import")) return "green";
  if (op.startsWith("delete")) return "red";
  if (op === "replace") return "magenta";
  if (op === "update") return "yellow";
  return op === "same" ? "dim" : "cyan";
}
