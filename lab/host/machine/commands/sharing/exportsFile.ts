/** /etc/exports and the table of what is exported, as nfs-utils reads and writes them. */
import { type ExportOptions, OptionError, parseOptions, tableOptions } from "./exportOptions";

/** A folder exported to one client. */
export interface Export {
  path: string;
  /** As written; `*` for everybody. */
  client: string;
  options: ExportOptions;
}

/** What reading gave: exports, and what exportfs says on standard error (without its name). */
export interface Read {
  exports: Export[];
  messages: string[];
  failed: boolean;
}

const subtreeNote = (place: string, { client, path }: Export): string =>
  `${place.replace(/:(\d+)$/, " [$1]")}: Neither 'subtree_check' or 'no_subtree_check' specified for export "${client}:${path}".\n` +
  "  Assuming default behaviour ('no_subtree_check').\n" +
  "  NOTE: this default has changed since nfs-utils version 1.0.x\n";

/** Adds an export with options as text; tells when the check of subtrees was left open. */
export function addExport(read: Read, path: string, client: string, options: string, place: string): void {
  const added: Export = { path, client, options: parseOptions(options, place) };
  if (added.options.subtreeCheck === undefined) {
    added.options.subtreeCheck = false;
    read.messages.push(subtreeNote(place, added));
  }
  read.exports.push(added);
}

/** Reads a file; nothing behind its first mistake counts, as in nfs-utils. */
export function readExports(file: string, text: string): Read {
  const read: Read = { exports: [], messages: [], failed: false };
  for (const { line, number } of logicalLines(text)) {
    try {
      readLine(read, line, `${file}:${number}`);
    } catch (error) {
      if (!(error instanceof OptionError)) throw error;
      read.messages.push(error.message);
      read.failed = true;
      return read;
    }
  }
  return read;
}

/** Lines without comments; a backslash at the end joins the next one, and the last number counts. */
function logicalLines(text: string): { line: string; number: number }[] {
  const lines: { line: string; number: number }[] = [];
  let pending = "";
  text.split("\n").forEach((raw, index) => {
    if (raw.endsWith("\\")) {
      pending += `${raw.slice(0, -1)} `;
      return;
    }
    const line = (pending + raw).replace(/(^|\s)#.*$/, "").trim();
    pending = "";
    if (line !== "") lines.push({ line, number: index + 1 });
  });
  return lines;
}

function readLine(read: Read, line: string, place: string): void {
  const match = /^(?:"([^"]*)"|(\S+))\s*(.*)$/.exec(line);
  const path = (match?.[1] ?? match?.[2] ?? "").replace(/\\([0-7]{3})/g, (_, octal: string) =>
    String.fromCharCode(parseInt(octal, 8)),
  );
  let rest = match?.[3] ?? "";
  let common = "";
  if (rest === "") {
    read.messages.push(`No options for ${path} : suggest (sync) to avoid warning`);
    addExport(read, path, "", "", place);
    return;
  }
  while (rest !== "") {
    const [, word = "", behind = ""] = /^(\S+)\s*(.*)$/s.exec(rest) ?? [];
    if (word.startsWith("-")) {
      common = word.slice(1);
    } else {
      const open = word.indexOf("(");
      const client = open < 0 ? word : word.slice(0, open);
      const options = open < 0 ? "" : word.slice(open + 1);
      const close = options.indexOf(")");
      if (open >= 0 && (close < 0 || close !== options.length - 1)) {
        throw new OptionError(`${place}: syntax error: bad option list`);
      }
      const own = open < 0 ? "" : options.slice(0, -1);
      if (open < 0 && common === "") {
        read.messages.push(`No options for ${path} ${client}: suggest ${client}(sync) to avoid warning`);
      }
      if (client === "") {
        read.messages.push(`No host name given with ${path} (${own}), suggest *(${own}) to avoid warning`);
      }
      addExport(read, path, client === "" ? "*" : client, [common, own].filter(Boolean).join(","), place);
    }
    rest = behind;
  }
}

/** Lines of /var/lib/nfs/etab. */
export function formatTable(exports: readonly Export[]): string {
  return exports
    .map(({ path, client, options }) => `${path}\t${client}(${tableOptions(options)})\n`)
    .join("");
}

/** The exports of /var/lib/nfs/etab. */
export function readTable(text: string): Export[] {
  return text.split("\n").flatMap((line) => {
    const match = /^(.+)\t([^(\t]*)\((.*)\)$/.exec(line);
    return match?.[1] === undefined
      ? []
      : [{ path: match[1], client: match[2] ?? "", options: parseOptions(match[3] ?? "", "etab:0") }];
  });
}
