/** Warnings as people read them: those of one kind on one line, with all their places. */
import { type Finding, formatFinding } from "./findings";

/** Lines that a validation prints unless it is asked for all. */
const most = 40;

/** A line `warning: …` for each kind of warning, or for each warning. */
export function warningLines(warnings: readonly Finding[], all = false): string {
  const lines = all ? warnings.map(formatFinding) : ofOneKind(warnings).map(formatKind);
  const shown = all ? lines : lines.slice(0, most);
  const left = lines.length - shown.length;
  const more = left > 0 ? [`${left} lines more; phoenix validate --all lists them`] : [];
  return [...shown, ...more].map((line) => `warning: ${line}\n`).join("");
}

/** What a run says of them: how many there are, or the one there is; "" for none. */
export function warningCount(warnings: readonly Finding[]): string {
  const kinds = ofOneKind(warnings);
  const [first] = kinds;
  if (first === undefined) return "";
  if (kinds.length === 1) return formatKind(first);
  return `${warnings.length} warnings in the two files; phoenix validate lists them`;
}

/** A step of a path as text: `key`, `"quoted key"` or `[0]`. */
const steps = (path: string) => path.match(/\[\d+\]|"(?:[^"\\]|\\.)*"|[^.[\]"]+/g) ?? [];

/** Whether a step is one of many of a kind: an item of a list, or an id. */
const isOneOfMany = (step: string) => /^(?:\[\d+\]|\d+)$/.test(step);

/** Findings that differ only in the item or id that they are about, in the order of the first of each kind. */
function ofOneKind(findings: readonly Finding[]): Finding[][] {
  const kinds = new Map<string, Finding[]>();
  for (const finding of findings) {
    const { file, path, message, remedy } = finding;
    const shape = steps(path).map((step) => (isOneOfMany(step) ? step.replace(/\d+/, "#") : step));
    const key = JSON.stringify([file, message, remedy, shape]);
    const kind = kinds.get(key);
    if (kind) kind.push(finding);
    else kinds.set(key, [finding]);
  }
  return [...kinds.values()];
}

function formatKind(kind: readonly Finding[]): string {
  const [first] = kind;
  if (first === undefined || kind.length === 1) return first ? formatFinding(first) : "";
  const paths = kind.map(({ path }) => steps(path));
  const path = steps(first.path).reduce((text, step, index) => {
    const numbers = [...new Set(paths.map((other) => Number(/\d+/.exec(other[index] ?? "")?.[0] ?? 0)))];
    const merged = isOneOfMany(step) ? step.replace(/\d+/, range(numbers.sort((a, b) => a - b))) : step;
    return text === "" || merged.startsWith("[") ? `${text}${merged}` : `${text}.${merged}`;
  }, "");
  const values = [...new Set(kind.flatMap(({ value }) => value ?? []))];
  const shown = values.length > 3 ? [...values.slice(0, 3), "…"] : values;
  return formatFinding({
    file: first.file,
    path,
    message: `${first.message}${shown.length > 0 ? ` (${shown.join(", ")})` : ""} (${kind.length} places)`,
    remedy: first.remedy,
  });
}

/** `0…10` without a gap, else the numbers themselves, at most five. */
function range(numbers: readonly number[]): string {
  const [first = 0] = numbers;
  const last = numbers.at(-1) ?? first;
  if (numbers.length > 2 && last - first === numbers.length - 1) return `${first}…${last}`;
  return numbers.length > 5 ? `${numbers.slice(0, 4).join(",")},…,${last}` : numbers.join(",");
}
