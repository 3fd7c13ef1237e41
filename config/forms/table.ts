/** The table of forms in docs/later-forms.md. */
import type { Form } from "./form";

const files = { host: "phoenix_hypervisor_config.json", containers: "phoenix_lxc_configs.json" };

/** A table of the forms that are read, and one of the keys without an effect, for each file. */
export function formTables(forms: readonly Form[]): string {
  return (["host", "containers"] as const)
    .flatMap((file) => {
      const own = forms.filter((form) => form.file === file);
      const read = own.filter(({ as }) => as !== undefined);
      const inert = own.filter(({ as }) => as === undefined);
      return [
        `### ${files[file]}\n`,
        table(
          ["key", "read as", "how"],
          read.map(({ key, as = "", note }) => [`\`${key}\``, `\`${as}\``, note]),
        ),
        ...(inert.length === 0
          ? []
          : [
              table(
                ["key without an effect", "what to know"],
                inert.map(({ key, note }) => [`\`${key}\``, note]),
              ),
            ]),
      ];
    })
    .join("\n");
}

/** Columns as wide as their widest cell, as prettier writes them. */
function table(head: string[], rows: string[][]): string {
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column]?.length ?? 0)));
  const line = (row: string[]) =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |\n`;
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)].join("");
}
