/** Section files such as /etc/pve/storage.cfg: `type: id`, then indented `key value` lines. */
import { createHash } from "node:crypto";

export interface Entry {
  type: string;
  id: string;
  /** Values as the file holds them; a flag without a value is "1". */
  values: Record<string, string>;
}

export interface SectionFile {
  entries: Entry[];
  /** SHA-1 of the text. */
  digest: string;
}

export function parseSectionFile(text: string): SectionFile {
  const entries: Entry[] = [];
  let entry: Entry | undefined;
  for (const line of text.split("\n")) {
    if (/^\s*#/.test(line) || line.trim() === "") continue;
    const head = /^([a-z]+):\s*(\S+)\s*$/.exec(line);
    const value = /^\s+(\S+)(?:\s+(.*?))?\s*$/.exec(line);
    if (head) {
      entry = { type: head[1] ?? "", id: head[2] ?? "", values: {} };
      entries.push(entry);
    } else if (value && entry) {
      entry.values[value[1] ?? ""] = value[2] ?? "1";
    }
  }
  return { entries, digest: createHash("sha1").update(text).digest("hex") };
}

/** Writes it: `disable` without a value, then fixed keys in their order, then the others sorted. */
export function printSectionFile(
  entries: readonly Entry[],
  fixed: (type: string) => readonly string[],
): string {
  return entries
    .map((entry) => {
      const first = fixed(entry.type);
      const keys = Object.keys(entry.values);
      const head = first.filter((key) => keys.includes(key));
      const rest = keys.filter((key) => key !== "disable" && !first.includes(key)).sort();
      const lines = [...head, ...rest].map((key) => `\t${key} ${entry.values[key]}\n`);
      const disabled = entry.values["disable"] === "1" ? "\tdisable\n" : "";
      return `${entry.type}: ${entry.id}\n${disabled}${lines.join("")}`;
    })
    .join("\n");
}
