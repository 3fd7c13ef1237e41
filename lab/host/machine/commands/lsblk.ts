/** lsblk's forms of output. */
import { type Block, pathOf } from "./blocks";

export interface LsblkOptions {
  /** As given to -o; undefined for the usual ones. */
  columns: string | undefined;
  bytes: boolean;
  heads: boolean;
  paths: boolean;
  form: "tree" | "list" | "raw" | "pairs" | "json";
}

const cells: Record<string, (block: Block, options: LsblkOptions) => string | undefined> = {
  NAME: (block, { paths }) => (paths ? pathOf(block) : block.name),
  KNAME: (block, { paths }) => `${paths ? "/dev/" : ""}${block.name}`,
  PATH: pathOf,
  PKNAME: (block) => block.parent,
  "MAJ:MIN": () => "259:0",
  RM: () => "0",
  RO: () => "0",
  SIZE: (block, { bytes }) => (bytes ? String(block.size) : human(block.size)),
  TYPE: (block) => block.type,
  FSTYPE: (block) => block.fstype,
  FSVER: (block) => (block.fstype === "zfs_member" ? "5000" : undefined),
  LABEL: (block) => block.label,
  UUID: (block) => block.uuid,
  PTTYPE: (block) => block.pttype,
  PARTLABEL: (block) => block.partlabel,
  PARTN: (block) => block.number?.toString(),
  PARTTYPE: (block) => (block.type === "part" ? "6a898cc3-1dd2-11b2-99a6-080020736631" : undefined),
  MODEL: (block) => (block.type === "disk" ? block.disk.model : undefined),
  SERIAL: (block) => (block.type === "disk" ? block.disk.serial : undefined),
  TRAN: (block) => (block.type === "disk" ? (block.name.startsWith("nvme") ? "nvme" : "sata") : undefined),
  ROTA: () => "0",
  MOUNTPOINT: (block) => block.mounts[0],
  // Several stand on a line each in a table; none of the lab's devices has more than one.
  MOUNTPOINTS: (block) => block.mounts[0],
  FSAVAIL: () => undefined,
  "FSUSE%": () => undefined,
};

const flags = new Set(["RM", "RO", "ROTA"]);
const right = new Set(["MAJ:MIN", "RM", "SIZE", "RO", "ROTA"]);

/** The text, or the first column that is not known. */
export function lsblkTable(blocks: Block[], options: LsblkOptions): { text: string } | { unknown: string } {
  const columns = (options.columns ?? "NAME,MAJ:MIN,RM,SIZE,RO,TYPE,MOUNTPOINTS").toUpperCase().split(",");
  const unknown = columns.find((column) => cells[column] === undefined);
  if (unknown !== undefined) return { unknown };
  const cell = (block: Block, column: string) => cells[column]?.(block, options);
  const text = (block: Block, column: string) => cell(block, column) ?? "";
  if (options.form === "json") return { text: json(blocks, columns, cell) };
  if (options.form === "pairs") {
    const line = (block: Block) => columns.map((column) => `${column}="${text(block, column)}"`).join(" ");
    return { text: blocks.map((block) => `${line(block)}\n`).join("") };
  }
  if (options.form === "raw") {
    const lines = blocks.map((block) =>
      columns.map((column) => text(block, column).replaceAll(" ", "\\x20")).join(" "),
    );
    return {
      text: [...(options.heads ? [columns.join(" ")] : []), ...lines].map((line) => `${line}\n`).join(""),
    };
  }
  const rows = blocks.map((block, index) =>
    columns.map(
      (column) =>
        (column === "NAME" && options.form === "tree" ? branch(blocks, index) : "") + text(block, column),
    ),
  );
  const lines = options.heads ? [columns, ...rows] : rows;
  const widths = columns.map((_, index) =>
    Math.max(0, ...lines.map((line) => [...(line[index] ?? "")].length)),
  );
  const pad = (value: string, index: number) => {
    const blanks = " ".repeat((widths[index] ?? 0) - [...value].length);
    return right.has(columns[index] ?? "") ? blanks + value : value + blanks;
  };
  return { text: lines.map((line) => `${line.map(pad).join(" ").trimEnd()}\n`).join("") };
}

/** The branches drawn before the name of what lies on another device. */
function branch(blocks: Block[], index: number): string {
  const isLast = (at: number) => !blocks.slice(at + 1).some((later) => later.parent === blocks[at]?.parent);
  const draw = (at: number, own: boolean): string => {
    const above = blocks.findIndex((block) => block.name === blocks[at]?.parent);
    if (above < 0) return "";
    const line = own ? (isLast(at) ? "└─" : "├─") : isLast(at) ? "  " : "│ ";
    return `${draw(above, false)}${line}`;
  };
  return draw(index, true);
}

function json(
  blocks: Block[],
  columns: string[],
  cell: (block: Block, column: string) => string | undefined,
): string {
  const value = (block: Block, column: string) => {
    const found = cell(block, column);
    if (column === "MOUNTPOINTS") return block.mounts.length === 0 ? [null] : block.mounts;
    return flags.has(column) ? found === "1" : (found ?? null);
  };
  const node = (block: Block): Record<string, unknown> => {
    const children = blocks.filter((one) => one.parent === block.name);
    return {
      ...Object.fromEntries(columns.map((column) => [column.toLowerCase(), value(block, column)])),
      ...(children.length > 0 ? { children: children.map(node) } : {}),
    };
  };
  const tops = blocks.filter((block) => !blocks.some((other) => other.name === block.parent));
  return `${JSON.stringify({ blockdevices: tops.map(node) }, null, 3)}\n`;
}

/** One decimal where it helps: `1.8T`, `8M`. */
function human(bytes: number): string {
  const units = "BKMGTP";
  let index = 0;
  while (bytes >= 1024 ** (index + 1) && index < units.length - 1) index += 1;
  const rounded = Math.round((bytes / 1024 ** index) * 10) / 10;
  return `${rounded}${units.charAt(index)}`;
}
