/** zfs list and zfs get. */
import { ZfsError } from "../../zfs/errors";
import { parentOf, splitSnapshot } from "../../zfs/names";
import { isUserProperty, printValue, properties, propertyName } from "../../zfs/properties";
import { compare } from "../../zfs/state";
import type { Found } from "../../zfs/lookup";
import type { LabZfs } from "../../zfs/zfs";
import { getopt, has, last, type Parsed, values } from "../getopt";
import { table } from "../table";
import { type Subcommand, UsageError } from "./family";

/** Below the usage of set, get, inherit and list. */
export const propertyHelp = [
  "\nThe following properties are supported:\n",
  "\n\tPROPERTY              EDIT  INHERIT   VALUES\n\n",
  ...Object.entries(properties)
    .sort(([left], [right]) => compare(left, right))
    .map(([name, { kind, values: allowed, number }]) => {
      const edit = kind === "readonly" || kind === "once" ? " NO    " : "YES    ";
      const inherits = kind === "inherit" ? "  YES   " : "   NO   ";
      return `\t${name.padEnd(22)} ${edit}${inherits}${allowed ?? (number === "size" ? "<size>" : "-")}\n`;
    }),
  "\nSizes are specified in bytes with standard units such as K, M, G, etc.\n",
  "\nUser-defined properties can be specified by using a name containing a colon (:).\n",
].join("");

type Spaces = Parameters<LabZfs["find"]>[2];

const typeNames: Record<string, string[]> = {
  filesystem: ["filesystem"],
  fs: ["filesystem"],
  volume: ["volume"],
  vol: ["volume"],
  snapshot: ["snapshot"],
  snap: ["snapshot"],
  bookmark: [],
  all: ["filesystem", "volume", "snapshot"],
};

/** The types that -t names. */
function types(parsed: Parsed, initial: string[]): string[] {
  const text = last(parsed, "t");
  if (text === undefined) return initial;
  return text.split(",").flatMap((word) => {
    const found = typeNames[word];
    if (found === undefined) throw new UsageError(`invalid type '${word}'`);
    return found;
  });
}

/** How many levels to show below what is named: all of them with -r, or when nothing is named. */
function depth(parsed: Parsed, operands: string[], wanted: string[]): number {
  const text = last(parsed, "d");
  if (text !== undefined) {
    if (!/^\d+$/.test(text)) throw new UsageError(`${text} is not an integer`);
    return Number(text);
  }
  if (has(parsed, "r") || operands.length === 0) return Infinity;
  return wanted.length === 1 && wanted[0] === "snapshot" ? 1 : 0;
}

/** Full name of a dataset given by name or by the path it is mounted on. */
function named(zfs: LabZfs, text: string): string {
  if (!text.startsWith("/")) return text;
  const all = zfs.state.active().flatMap((pool) => zfs.state.tree(pool.name));
  const path = text.replace(/(.)\/+$/, "$1");
  const found = all.find((name) => zfs.state.dataset(name)?.mounted && zfs.mountpoint(name) === path);
  if (found === undefined) throw new ZfsError(`cannot open '${text}': not a ZFS filesystem`);
  return found;
}

/** Names to show, and complaints about those that do not exist. */
function select(
  zfs: LabZfs,
  operands: string[],
  wanted: string[],
  limit: number,
): { names: string[]; errors: string[] } {
  const errors: string[] = [];
  const roots: string[] = [];
  for (const operand of operands) {
    try {
      const name = named(zfs, operand);
      if (zfs.exists(name)) roots.push(name);
      else errors.push(`cannot open '${operand}': dataset does not exist`);
    } catch (error) {
      if (!(error instanceof ZfsError)) throw error;
      errors.push(error.message);
    }
  }
  const starts = operands.length === 0 ? zfs.state.active().map((pool) => pool.name) : roots;
  // A snapshot lies one level below its dataset.
  const names = starts.flatMap((start) => {
    if (start.includes("@")) return [start];
    const base = start.split("/").length;
    return zfs.state.tree(start).flatMap((name) => {
      const level = name.split("/").length - base;
      const type = zfs.state.dataset(name)?.type ?? "filesystem";
      return [
        ...(wanted.includes(type) && level <= limit ? [name] : []),
        ...(wanted.includes("snapshot") && level < limit
          ? zfs.snapshots(name).map((snapshot) => `${name}@${snapshot}`)
          : []),
      ];
    });
  });
  return { names: [...new Set(names)], errors };
}

function columnName(text: string): string {
  const full = propertyName(text) ?? (isUserProperty(text) ? text : undefined);
  if (full === undefined) throw new UsageError(`bad property list: invalid property '${text}'`);
  return full;
}

const spaceColumns = [
  "name",
  "available",
  "used",
  "usedbysnapshots",
  "usedbydataset",
  "usedbyrefreservation",
  "usedbychildren",
];

function refuseJson(command: string, args: string[]): void {
  const json = args.find((word) => /^(-j|--json.*)$/.test(word));
  if (json !== undefined) throw new ZfsError(`${command}: the lab does not simulate ${json}`);
}

export const list: Subcommand = {
  usage:
    "\tlist [-Hp] [-j [--json-int]] [-r|-d max] [-o property[,...]] [-s property]...\n\t    " +
    "[-S property]... [-t type[,...]] [filesystem|volume|snapshot] ...\n",
  more: propertyHelp,
  run(zfs, args) {
    refuseJson("zfs list", args);
    const parsed = getopt(args, "HS:d:o:prs:t:");
    const wanted = types(
      parsed,
      parsed.operands.some((name) => name.includes("@"))
        ? ["filesystem", "volume", "snapshot"]
        : ["filesystem", "volume"],
    );
    const columns = (last(parsed, "o") ?? "name,used,available,referenced,mountpoint")
      .split(",")
      .flatMap((text) => (text === "space" ? spaceColumns : [columnName(text)]));
    const { names, errors } = select(zfs, parsed.operands, wanted, depth(parsed, parsed.operands, wanted));
    const spaces: Spaces = new Map();
    const cell = (name: string, column: string) => show(zfs, name, column, has(parsed, "p"), spaces);
    const rows = sorted(zfs, names, parsed, spaces).map((name) =>
      columns.map((column) => cell(name, column)),
    );
    const heads = columns.map((name) => ({
      head: properties[name]?.column ?? name.toUpperCase(),
      right: properties[name]?.number !== undefined && name !== "creation",
    }));
    const stderr = errors.map((line) => `${line}\n`).join("");
    if (rows.length === 0) {
      const empty = errors.length === 0 && !has(parsed, "H");
      return { code: errors.length > 0 ? 1 : 0, stderr: empty ? "no datasets available\n" : stderr };
    }
    return { code: errors.length > 0 ? 1 : 0, stdout: table(heads, rows, has(parsed, "H")), stderr };
  },
};

/** By -s and -S, first named first; names as they come otherwise. */
function sorted(zfs: LabZfs, names: string[], parsed: Parsed, spaces: Spaces): string[] {
  const keys = parsed.options.filter(([letter]) => letter === "s" || letter === "S");
  if (keys.length === 0) return names;
  const value = (name: string, property: string) => zfs.find(name, columnName(property), spaces)?.value ?? "";
  return [...names].sort((left, right) => {
    for (const [letter, property] of keys) {
      const [a, b] = [value(left, property), value(right, property)];
      const numeric = properties[columnName(property)]?.number !== undefined;
      const order = numeric ? Number(a) - Number(b) : compare(a, b);
      if (order !== 0) return letter === "S" ? -order : order;
    }
    return compare(left, right);
  });
}

/** A value as printed; `exact` is -p. */
function show(zfs: LabZfs, name: string, property: string, exact: boolean, spaces: Spaces): string {
  const found = zfs.find(name, property, spaces);
  if (found === undefined) return "-";
  if (property === "creation" && !exact) return date(Number(found.value));
  return printValue(property, found.value, exact);
}

/** strftime `%a %b %e %k:%M %Y`. */
function date(seconds: number): string {
  const at = new Date(seconds * 1000);
  const [day, month] = at.toString().split(" ");
  const minutes = String(at.getMinutes()).padStart(2, "0");
  return `${day} ${month} ${String(at.getDate()).padStart(2)} ${String(at.getHours()).padStart(2)}:${minutes} ${at.getFullYear()}`;
}

const getColumns = ["name", "property", "value", "source"];

export const get: Subcommand = {
  usage:
    '\tget [-rHp] [-j [--json-int]] [-d max] [-o "all" | field[,...]]\n' +
    "\t    [-t type[,...]] [-s source[,...]]\n" +
    '\t    <"all" | property[,...]> [filesystem|volume|snapshot|bookmark] ...\n',
  more: propertyHelp,
  run(zfs, args) {
    refuseJson("zfs get", args);
    const parsed = getopt(args, "d:o:s:rt:Hp");
    const columns = fields(last(parsed, "o"));
    const sources = values(parsed, "s").flatMap((text) => text.split(","));
    for (const source of sources) {
      if (!["local", "default", "inherited", "received", "temporary", "none"].includes(source)) {
        throw new UsageError(`invalid source '${source}'`);
      }
    }
    const [list, ...operands] = parsed.operands;
    if (list === undefined) throw new UsageError("missing property argument");
    const wanted = types(parsed, ["filesystem", "volume", "snapshot"]);
    const all = list === "all";
    const names = all ? Object.keys(properties) : list.split(",").map(columnName);
    const { names: datasets, errors } = select(zfs, operands, wanted, depth(parsed, operands, wanted));
    const spaces: Spaces = new Map();
    const rows = datasets.flatMap((dataset) =>
      [...names, ...(all ? userProperties(zfs, dataset) : [])].flatMap((property) => {
        const found = zfs.find(dataset, property, spaces);
        if (found === undefined || (all && found.value === "-" && found.source === "-")) return [];
        if (sources.length > 0 && !sources.includes(sourceKind(found))) return [];
        const cells: Record<string, string> = {
          name: dataset,
          property,
          value: show(zfs, dataset, property, has(parsed, "p"), spaces),
          source: found.source,
        };
        return [columns.map((column) => cells[column] ?? "-")];
      }),
    );
    const heads = columns.map((column) => ({ head: column.toUpperCase() }));
    const stderr = errors.map((line) => `${line}\n`).join("");
    const stdout = rows.length === 0 ? "" : table(heads, rows, has(parsed, "H"));
    return { code: errors.length > 0 ? 1 : 0, stdout, stderr };
  },
};

function fields(text: string | undefined): string[] {
  if (text === undefined) return getColumns;
  if (text === "all") return ["name", "property", "value", "received", "source"];
  const columns = text.split(",");
  for (const column of columns) {
    if (![...getColumns, "received"].includes(column))
      throw new UsageError(`invalid column name '${column}'`);
  }
  return columns;
}

function sourceKind(found: Found): string {
  if (found.source === "-") return "none";
  return found.source.startsWith("inherited") ? "inherited" : found.source;
}

/** Names of user properties that a dataset or snapshot has or inherits. */
function userProperties(zfs: LabZfs, name: string): string[] {
  const names = new Set<string>();
  const [dataset] = splitSnapshot(name);
  for (const property of Object.keys(zfs.state.findSnapshot(name)?.snapshot.properties ?? {}))
    names.add(property);
  for (let above: string | undefined = dataset; above !== undefined; above = parentOf(above)) {
    for (const property of Object.keys(zfs.state.dataset(above)?.properties ?? {})) {
      if (isUserProperty(property)) names.add(property);
    }
  }
  return [...names].sort(compare);
}
