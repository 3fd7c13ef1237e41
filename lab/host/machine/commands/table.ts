/** Columns as zfs and zpool print them: two blanks between, no blanks at a line's end. */
export interface Column {
  head: string;
  right?: boolean;
}

/** Lines of a table with its head; `scripted` is -H: no head, tabs between. */
export function table(columns: Column[], rows: string[][], scripted: boolean): string {
  if (scripted) return rows.map((row) => `${row.join("\t")}\n`).join("");
  const lines = [columns.map((column) => column.head), ...rows];
  const widths = columns.map((_, index) => Math.max(...lines.map((line) => (line[index] ?? "").length)));
  return lines
    .map((line) =>
      line
        .map((cell, index) => {
          if (columns[index]?.right) return cell.padStart(widths[index] ?? 0);
          return index === line.length - 1 ? cell : cell.padEnd(widths[index] ?? 0);
        })
        .join("  "),
    )
    .map((line) => `${line}\n`)
    .join("");
}
