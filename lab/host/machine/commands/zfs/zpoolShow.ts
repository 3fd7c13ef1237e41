/** zpool list and get; status is in zpoolStatus.ts. */
import { ZfsError } from "../../zfs/errors";
import { poolHealth } from "../../zfs/health";
import { niceBytes } from "../../zfs/numbers";
import { poolProperties, poolPropertyName } from "../../zfs/poolProperties";
import { type Pool } from "../../zfs/state";
import { poolSizes } from "../../zfs/space";
import type { LabZfs } from "../../zfs/zfs";
import { getopt, has, last } from "../getopt";
import { table } from "../table";
import { type Output, type Subcommand, UsageError } from "./family";

/** Below the usage of set, get and list. */
export const poolPropertyHelp = [
  "\nthe following properties are supported:\n",
  "\n\tPROPERTY             EDIT   VALUES\n\n",
  ...Object.entries(poolProperties).map(
    ([name, { readonly, values }]) =>
      `\t${name.padEnd(19)}   ${readonly ? " NO" : "YES"}   ${values ?? "-"}\n`,
  ),
].join("");

function columnName(text: string): string {
  const full = poolPropertyName(text);
  if (full === undefined) throw new UsageError(`bad property list: invalid property '${text}'`);
  return full;
}

/** Values of a pool, sizes in bytes. */
function values(zfs: LabZfs, pool: Pool): (property: string, exact: boolean) => string {
  const size = poolSizes(zfs.machine, pool).raw;
  let used: number | undefined;
  const allocated = () => (used ??= zfs.lookup.measure(pool).datasets.get(pool.name)?.used ?? 0);
  const bytes = (value: number, exact: boolean) => (exact ? String(value) : niceBytes(value));
  const percent = () => Math.floor((allocated() * 100) / Math.max(1, size));
  return (property, exact) => {
    switch (property) {
      case "name":
        return pool.name;
      case "size":
        return bytes(size, exact);
      case "allocated":
        return bytes(allocated(), exact);
      case "free":
        return bytes(size - allocated(), exact);
      case "capacity":
        return `${percent()}${exact ? "" : "%"}`;
      case "fragmentation":
        return exact ? "0" : "0%";
      case "dedupratio":
        return exact ? "1.00" : "1.00x";
      case "health":
        return poolHealth(zfs.machine, pool);
      case "guid":
      case "load_guid":
        return pool.guid;
      case "freeing":
      case "leaked":
        return "0";
      case "checkpoint":
      case "expandsize":
        return "-";
      default:
        return pool.properties[property] ?? poolProperties[property]?.initial ?? "-";
    }
  };
}

/** Imported pools by name, and complaints about those that are not. */
export function select(zfs: LabZfs, names: string[]): { pools: Pool[]; errors: string[] } {
  if (names.length === 0) return { pools: zfs.state.active(), errors: [] };
  const errors = names
    .filter((name) => !zfs.state.pool(name))
    .map((name) => `cannot open '${name}': no such pool`);
  return { pools: zfs.state.active().filter((pool) => names.includes(pool.name)), errors };
}

export function withErrors(stdout: string, errors: string[]): Output {
  return { stdout, stderr: errors.map((line) => `${line}\n`).join(""), code: errors.length > 0 ? 1 : 0 };
}

export function refuseOptions(command: string, args: string[], refused: RegExp): void {
  const found = args.find((word) => /^--/.test(word) || refused.test(word));
  if (found !== undefined && found !== "--")
    throw new ZfsError(`zpool ${command}: the lab does not simulate ${found}`);
}

export const list: Subcommand = {
  usage:
    "\tlist [-gHLpPv] [-o property[,...]] [-j [--json-int, --json-pool-key-guid]] ...\n" +
    "\t    [-T d|u] [pool] [interval [count]]\n",
  more: poolPropertyHelp,
  run(zfs, args) {
    refuseOptions("list", args, /^-[a-zA-Z]*[jTgv]/);
    const parsed = getopt(args, "HLpPo:");
    const columns = (
      last(parsed, "o") ??
      "name,size,allocated,free,checkpoint,expandsize,fragmentation,capacity,dedupratio,health,altroot"
    )
      .split(",")
      .map(columnName);
    const { pools, errors } = select(zfs, parsed.operands);
    if (pools.length === 0 && errors.length === 0) return has(parsed, "H") ? "" : "no pools available\n";
    const rows = pools.map((pool) => {
      const value = values(zfs, pool);
      return columns.map((column) => value(column, has(parsed, "p")));
    });
    const left = ["name", "health", "altroot", "comment", "bootfs", "cachefile", "compatibility"];
    const heads = columns.map((name) => ({
      head: poolProperties[name]?.column ?? name.toUpperCase(),
      right: !left.includes(name) && poolProperties[name]?.values === undefined,
    }));
    return withErrors(rows.length === 0 ? "" : table(heads, rows, has(parsed, "H")), errors);
  },
};

export const get: Subcommand = {
  usage:
    "\tget [-Hp] [-j [--json-int, --json-pool-key-guid]] ...\n" +
    '\t    [-o "all" | field[,...]] <"all" | property[,...]> <pool> ...\n',
  more: poolPropertyHelp,
  run(zfs, args) {
    refuseOptions("get", args, /^-[a-zA-Z]*j/);
    const parsed = getopt(args, "Hpo:");
    const text = last(parsed, "o") ?? "all";
    const columns = text === "all" ? ["name", "property", "value", "source"] : text.split(",");
    for (const column of columns) {
      if (!["name", "property", "value", "source"].includes(column))
        throw new UsageError(`invalid column name '${column}'`);
    }
    const [wanted, ...names] = parsed.operands;
    if (wanted === undefined) throw new UsageError("missing property argument");
    const missing = names.find((name) => !zfs.state.pool(name));
    if (missing !== undefined)
      throw new ZfsError(`Cannot get properties of ${missing}: no such pool available.`);
    const properties = wanted === "all" ? Object.keys(poolProperties) : wanted.split(",").map(columnName);
    const rows = select(zfs, names).pools.flatMap((pool) => {
      const value = values(zfs, pool);
      return properties.map((property) => {
        const known = poolProperties[property];
        const source =
          known?.readonly || property === "name" ? "-" : property in pool.properties ? "local" : "default";
        const cells: Record<string, string> = {
          name: pool.name,
          property,
          value: value(property, has(parsed, "p")),
          source,
        };
        return columns.map((column) => cells[column] ?? "-");
      });
    });
    return table(
      columns.map((column) => ({ head: column.toUpperCase() })),
      rows,
      has(parsed, "H"),
    );
  },
};
