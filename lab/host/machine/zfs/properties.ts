/** Dataset properties: kinds, defaults and checks, from module/zcommon/zfs_prop.c and libzfs_dataset.c. */
import { ZfsError } from "./errors";
import { niceBytes, parseSize } from "./numbers";

/** Whom a property applies to: file systems, volumes, snapshots. */
type Applies = "f" | "v" | "fv" | "fs" | "fvs" | "s";

export interface Property {
  /** inherit: from the parent; default: not inherited; once: at creation only; readonly: computed. */
  kind: "inherit" | "default" | "once" | "readonly";
  applies: Applies;
  /** Index properties: the values as the error message lists them. */
  values?: string;
  /** Numbers are bytes or counts, printed as sizes unless `plain`. */
  number?: "size" | "plain";
  /** Value when nothing sets it, in canonical form; numbers in decimal. */
  initial?: string;
  /** Column head. */
  column: string;
}

const onOff = "on | off";
const compression =
  "on | off | lzjb | gzip | gzip-[1-9] | zle | lz4 | zstd | zstd-[1-19] | " +
  "zstd-fast | zstd-fast-[1-10,20,30,40,50,60,70,80,90,100,500,1000]";

function index(values: string, initial: string, column: string, applies: Applies = "f"): Property {
  return { kind: "inherit", applies, values, initial, column };
}
function computed(column: string, applies: Applies, number?: "size" | "plain"): Property {
  return { kind: "readonly", applies, column, ...(number ? { number } : {}) };
}
function size(column: string, applies: Applies = "f"): Property {
  return { kind: "default", applies, number: "size", initial: "0", column };
}

/** Every property the lab knows, in the order `zfs get all` prints them. */
export const properties: Record<string, Property> = {
  type: computed("TYPE", "fvs"),
  creation: computed("CREATION", "fvs", "plain"),
  used: computed("USED", "fvs", "size"),
  available: computed("AVAIL", "fv", "size"),
  referenced: computed("REFER", "fvs", "size"),
  compressratio: computed("RATIO", "fvs"),
  mounted: computed("MOUNTED", "f"),
  origin: computed("ORIGIN", "fv"),
  quota: size("QUOTA"),
  reservation: size("RESERV", "fv"),
  volsize: { kind: "default", applies: "v", number: "size", initial: "0", column: "VOLSIZE" },
  volblocksize: { kind: "once", applies: "v", number: "size", initial: "16384", column: "VOLBLOCK" },
  recordsize: { kind: "inherit", applies: "f", number: "size", initial: "131072", column: "RECSIZE" },
  mountpoint: { kind: "inherit", applies: "f", column: "MOUNTPOINT" },
  sharenfs: { kind: "inherit", applies: "f", initial: "off", column: "SHARENFS" },
  checksum: index(
    `${onOff} | fletcher2 | fletcher4 | sha256 | sha512 | skein | edonr | blake3`,
    "on",
    "CHECKSUM",
    "fv",
  ),
  compression: index(compression, "on", "COMPRESS", "fv"),
  atime: index(onOff, "on", "ATIME"),
  devices: index(onOff, "on", "DEVICES", "fs"),
  exec: index(onOff, "on", "EXEC", "fs"),
  setuid: index(onOff, "on", "SETUID", "fs"),
  readonly: index(onOff, "off", "RDONLY", "fv"),
  zoned: index(onOff, "off", "ZONED"),
  snapdir: index("disabled | hidden | visible", "hidden", "SNAPDIR"),
  aclmode: index("discard | groupmask | passthrough | restricted", "discard", "ACLMODE"),
  aclinherit: index(
    "discard | noallow | restricted | passthrough | passthrough-x",
    "restricted",
    "ACLINHERIT",
  ),
  createtxg: computed("CREATETXG", "fvs", "plain"),
  canmount: { kind: "default", applies: "f", values: "on | off | noauto", initial: "on", column: "CANMOUNT" },
  xattr: index("on | off | dir | sa", "sa", "XATTR", "fs"),
  copies: index("1 | 2 | 3", "1", "COPIES", "fv"),
  version: {
    kind: "default",
    applies: "fs",
    values: "1 | 2 | 3 | 4 | 5 | current",
    initial: "5",
    column: "VERSION",
  },
  utf8only: { kind: "once", applies: "fs", values: onOff, initial: "off", column: "UTF8ONLY" },
  normalization: {
    kind: "once",
    applies: "fs",
    values: "none | formC | formD | formKC | formKD",
    initial: "none",
    column: "NORMALIZATION",
  },
  casesensitivity: {
    kind: "once",
    applies: "fs",
    values: "sensitive | insensitive | mixed",
    initial: "sensitive",
    column: "CASE",
  },
  vscan: index(onOff, "off", "VSCAN"),
  nbmand: index(onOff, "off", "NBMAND", "fs"),
  sharesmb: { kind: "inherit", applies: "f", initial: "off", column: "SHARESMB" },
  refquota: size("REFQUOTA"),
  refreservation: size("REFRESERV", "fv"),
  guid: computed("GUID", "fvs", "plain"),
  primarycache: index("all | none | metadata", "all", "PRIMARYCACHE", "fvs"),
  secondarycache: index("all | none | metadata", "all", "SECONDARYCACHE", "fvs"),
  usedbysnapshots: computed("USEDSNAP", "fv", "size"),
  usedbydataset: computed("USEDDS", "fv", "size"),
  usedbychildren: computed("USEDCHILD", "fv", "size"),
  usedbyrefreservation: computed("USEDREFRESERV", "fv", "size"),
  logbias: index("latency | throughput", "latency", "LOGBIAS", "fv"),
  objsetid: computed("OBJSETID", "fvs", "plain"),
  dedup: index(
    "on | off | verify | sha256[,verify] | sha512[,verify] | skein[,verify] | edonr,verify | blake3[,verify]",
    "off",
    "DEDUP",
    "fv",
  ),
  sync: index("standard | always | disabled", "standard", "SYNC", "fv"),
  dnodesize: index("legacy | auto | 1k | 2k | 4k | 8k | 16k", "legacy", "DNSIZE"),
  refcompressratio: computed("REFRATIO", "fvs"),
  written: computed("WRITTEN", "fvs", "size"),
  logicalused: computed("LUSED", "fv", "size"),
  logicalreferenced: computed("LREFER", "fvs", "size"),
  volmode: index("default | full | geom | dev | none", "default", "VOLMODE", "fv"),
  snapdev: index("hidden | visible", "hidden", "SNAPDEV", "fv"),
  acltype: index("off | nfsv4 | posix", "off", "ACLTYPE"),
  relatime: index(onOff, "on", "RELATIME"),
  redundant_metadata: index("all | most | some | none", "all", "REDUND_MD", "fv"),
  overlay: index(onOff, "on", "OVERLAY"),
  special_small_blocks: {
    kind: "inherit",
    applies: "fv",
    number: "size",
    initial: "0",
    column: "SPECIAL_SMALL_BLOCKS",
  },
  prefetch: index("none | metadata | all", "all", "PREFETCH", "fvs"),
  direct: index("disabled | standard | always", "standard", "DIRECT"),
  longname: index(onOff, "off", "LONGNAME"),
};

const aliases: Record<string, string> = {
  avail: "available",
  compress: "compression",
  lrefer: "logicalreferenced",
  lused: "logicalused",
  rdonly: "readonly",
  ratio: "compressratio",
  recsize: "recordsize",
  refer: "referenced",
  refquot: "refquota",
  refreserv: "refreservation",
  reserv: "reservation",
  usedchild: "usedbychildren",
  usedds: "usedbydataset",
  usedrefreserv: "usedbyrefreservation",
  usedsnap: "usedbysnapshots",
};

/** Other spellings of values that are stored in one. */
const valueAliases: Record<string, Record<string, string>> = {
  acltype: { posixacl: "posix", noacl: "off", disabled: "off" },
};

/** A property's full name, from a name or column name; undefined when there is none. */
export function propertyName(name: string): string | undefined {
  const lower = name.toLowerCase();
  if (lower === "name" || properties[lower] !== undefined) return lower;
  return aliases[lower];
}

/** Whether a name is a user's own property: it has a colon. */
export function isUserProperty(name: string): boolean {
  return /^[a-z0-9_.:-]*:[a-z0-9_.:-]*$/.test(name) && !name.startsWith("-");
}

function indexValues(name: string, values: string): string[] {
  if (name === "compression") return compressionValues;
  if (name === "dedup") {
    return [
      "on",
      "off",
      "verify",
      ...["sha256", "sha512", "skein", "blake3"].flatMap((sum) => [sum, `${sum},verify`]),
      "edonr,verify",
    ];
  }
  return values.split(" | ");
}

const compressionValues = [
  ...["on", "off", "lzjb", "gzip", "zle", "lz4", "zstd", "zstd-fast"],
  ...Array.from({ length: 9 }, (_, level) => `gzip-${level + 1}`),
  ...Array.from({ length: 19 }, (_, level) => `zstd-${level + 1}`),
  ...[
    ...Array.from({ length: 10 }, (_, level) => level + 1),
    20,
    30,
    40,
    50,
    60,
    70,
    80,
    90,
    100,
    500,
    1000,
  ].map((level) => `zstd-fast-${level}`),
];

/**
 * Checks one assignment and gives its canonical value (numbers in decimal); throws the reason.
 *
 * @param applies "f" for a file system, "v" for a volume
 * @param creating set-once properties are allowed
 */
export function parseValue(
  name: string,
  text: string,
  applies: "f" | "v",
  creating: boolean,
): [string, string] {
  const full = propertyName(name);
  const property = full === undefined ? undefined : properties[full];
  if (full === undefined || property === undefined) {
    if (isUserProperty(name)) return [name, text];
    throw new ZfsError(`invalid property '${name}'`);
  }
  if (!property.applies.includes(applies))
    throw new ZfsError(`'${full}' does not apply to datasets of this type`);
  if (property.kind === "readonly" || (property.kind === "once" && !creating))
    throw new ZfsError(`'${full}' is readonly`);
  if (property.values !== undefined) {
    const value = valueAliases[full]?.[text] ?? text;
    if (!indexValues(full, property.values).includes(value)) {
      throw new ZfsError(`'${full}' must be one of '${property.values}'`);
    }
    return [full, value];
  }
  if (property.number !== undefined) return [full, String(parseNumber(full, text))];
  if (full === "mountpoint" && text !== "none" && text !== "legacy" && !text.startsWith("/")) {
    throw new ZfsError(`'mountpoint' must be an absolute path, 'none', or 'legacy'`);
  }
  return [full, text];
}

function parseNumber(name: string, text: string): number {
  if (text === "auto") throw new ZfsError(`'auto' is invalid value for '${name}'`);
  const value = text === "none" ? 0 : parseSize(text);
  if (value === 0 && text !== "none" && (name === "quota" || name === "refquota")) {
    throw new ZfsError("use 'none' to disable quota/refquota");
  }
  if (name === "recordsize" || name === "volblocksize") {
    const powerOfTwo = value > 0 && Math.log2(value) % 1 === 0;
    if (value < 512 || value > 16 * 1024 ** 2 || !powerOfTwo) {
      throw new ZfsError(`'${name}' must be power of 2 from 512B to ${niceBytes(16 * 1024 ** 2)}`);
    }
  }
  return value;
}

/** Prints a canonical value; `exact` is `-p`. */
export function printValue(name: string, value: string, exact: boolean): string {
  const property = properties[name];
  if (property?.number !== "size" || value === "-" || exact) return value;
  const bytes = Number(value);
  const noneIsZero = ["quota", "refquota", "reservation", "refreservation"].includes(name);
  if (noneIsZero && bytes === 0) return "none";
  const isBlock = ["recordsize", "volblocksize", "special_small_blocks"].includes(name);
  return isBlock && bytes < 1024 ? value : niceBytes(bytes);
}
