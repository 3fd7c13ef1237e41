/** One line, or several, on standard output. */
export const print = (text: string): void => void process.stdout.write(`${text}\n`);

export const warn = (message: string): void => void process.stderr.write(`warning: ${message}\n`);

export const printJson = (value: unknown): void => print(JSON.stringify(value, null, 2));

/** Columns as wide as their widest cell, two spaces apart, nothing behind the last. */
export function table(headers: string[], rows: string[][], indent = ""): string {
  const all = [headers, ...rows];
  const widths = headers.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  const line = (row: string[]): string =>
    indent +
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd();
  return all.map(line).join("\n");
}

/** `3 seconds ago`, as Pulumi's lists say when something was. */
export function ago(time: Date, now = Date.now()): string {
  const units: [string, number][] = [
    ["year", 31_536_000],
    ["month", 2_592_000],
    ["week", 604_800],
    ["day", 86_400],
    ["hour", 3_600],
    ["minute", 60],
    ["second", 1],
  ];
  const seconds = Math.floor((now - time.getTime()) / 1000);
  const [unit, length] = units.find(([, size]) => seconds >= size) ?? ["", 0];
  if (!unit) return "now";
  const count = Math.floor(seconds / length);
  return `${count} ${unit}${count === 1 ? "" : "s"} ago`;
}
