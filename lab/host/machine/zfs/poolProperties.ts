/** Pool properties, from module/zcommon/zpool_prop.c. */
import { ZfsError } from "./errors";

interface PoolProperty {
  column: string;
  readonly?: boolean;
  values?: string;
  initial?: string;
}

/** In the order `zpool get all` prints them. */
export const poolProperties: Record<string, PoolProperty> = {
  size: { column: "SIZE", readonly: true },
  capacity: { column: "CAP", readonly: true },
  altroot: { column: "ALTROOT", initial: "-" },
  health: { column: "HEALTH", readonly: true },
  guid: { column: "GUID", readonly: true },
  version: { column: "VERSION", initial: "-" },
  bootfs: { column: "BOOTFS", initial: "-" },
  delegation: { column: "DELEGATION", values: "on | off", initial: "on" },
  autoreplace: { column: "REPLACE", values: "on | off", initial: "off" },
  cachefile: { column: "CACHEFILE", initial: "-" },
  failmode: { column: "FAILMODE", values: "wait | continue | panic", initial: "wait" },
  listsnapshots: { column: "LISTSNAPS", values: "on | off", initial: "off" },
  autoexpand: { column: "EXPAND", values: "on | off", initial: "off" },
  dedupratio: { column: "DEDUP", readonly: true },
  free: { column: "FREE", readonly: true },
  allocated: { column: "ALLOC", readonly: true },
  readonly: { column: "RDONLY", values: "on | off", initial: "off" },
  ashift: { column: "ASHIFT", initial: "0" },
  comment: { column: "COMMENT", initial: "-" },
  expandsize: { column: "EXPANDSZ", readonly: true },
  freeing: { column: "FREEING", readonly: true },
  fragmentation: { column: "FRAG", readonly: true },
  leaked: { column: "LEAKED", readonly: true },
  multihost: { column: "MULTIHOST", values: "on | off", initial: "off" },
  checkpoint: { column: "CKPOINT", readonly: true },
  load_guid: { column: "LOAD_GUID", readonly: true },
  autotrim: { column: "AUTOTRIM", values: "on | off", initial: "off" },
  compatibility: { column: "COMPATIBILITY", initial: "off" },
};

const aliases: Record<string, string> = {
  alloc: "allocated",
  cap: "capacity",
  ckpoint: "checkpoint",
  dedup: "dedupratio",
  expand: "autoexpand",
  expandsz: "expandsize",
  frag: "fragmentation",
  listsnaps: "listsnapshots",
  rdonly: "readonly",
  replace: "autoreplace",
};

/** Full name of a pool property; undefined when there is none. */
export function poolPropertyName(name: string): string | undefined {
  const lower = name.toLowerCase();
  return lower === "name" || poolProperties[lower] ? lower : aliases[lower];
}

/** Checks one assignment; throws the reason. `later`: after the pool was made. */
export function parsePoolProperty(name: string, text: string, later = false): [string, string] {
  const full = poolPropertyName(name);
  const property = full === undefined ? undefined : poolProperties[full];
  if (full === undefined || property === undefined) throw new ZfsError(`invalid property '${name}'`);
  if (property.readonly || (later && full === "readonly")) throw new ZfsError(`'${full}' is readonly`);
  if (property.values !== undefined && !property.values.split(" | ").includes(text)) {
    throw new ZfsError(`'${full}' must be one of '${property.values}'`);
  }
  if (full === "ashift") {
    const ashift = Number(text);
    if (!/^\d+$/.test(text)) throw new ZfsError(`bad numeric value '${text}'`);
    if (ashift !== 0 && (ashift < 9 || ashift > 16)) {
      throw new ZfsError(
        `property '${full}' number ${ashift} is invalid, only values between 9 and 16 are allowed.`,
      );
    }
  }
  return [full, text];
}
