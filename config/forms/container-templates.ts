/** `is_template` of a container: one that only serves as the source of clones. */
import { valueAt } from "../check";
import type { Moves } from "../moves";
import type { Form, Source } from "./form";
import { objectsOf } from "../objects";

/** What `readTemplates` reads, for the table. */
export const templateRows: readonly Form[] = [
  {
    file: "containers",
    key: "lxc_configs.<key>.is_template",
    as: "lxc_configs.<key>.template_snapshot_name",
    note:
      "true: the snapshot is named template where the entry names none, and state is stopped where it says none. " +
      "Clones start from that snapshot; the container itself is not converted, so that it can still change",
    schema: { type: "boolean" },
  },
];

/** Changes each `is_template` to our keys. */
export function readTemplates({ document, report }: Source, moves: Moves): void {
  for (const [id, entry] of objectsOf(valueAt(document, ["lxc_configs"]))) {
    if (!("is_template" in entry)) continue;
    const { is_template: value } = entry;
    const path = ["lxc_configs", id, "is_template"];
    delete entry.is_template;
    if (typeof value !== "boolean") {
      report.mistake(path, "must be true or false", "give whether others are cloned from it", value);
    } else if (value) {
      for (const [key, said] of Object.entries({ template_snapshot_name: "template", state: "stopped" })) {
        if (key in entry) continue;
        entry[key] = said;
        moves.add({ file: report.file, path: ["lxc_configs", id, key] }, { file: report.file, path });
      }
    }
  }
}
