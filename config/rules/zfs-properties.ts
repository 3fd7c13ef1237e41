/** Dataset properties: names and values as zfsprops(7) of OpenZFS 2.3 has them. */

const size = /^(?:none|[0-9]+(?:\.[0-9]+)?[KMGTPE]?B?)$/i;
const onOff = ["on", "off"];
const cache = ["all", "none", "metadata"];
/** 0 is refused by ZFS: `use 'none' to disable quota/refquota`. */
const limit = /^(?:none|(?!0+(?:\.0*)?[KMGTPE]?B?$)[0-9]+(?:\.[0-9]+)?[KMGTPE]?B?)$/i;

/** A value's pattern or the values there are. */
const properties: Record<string, RegExp | readonly string[]> = {
  aclinherit: ["discard", "noallow", "restricted", "passthrough", "passthrough-x"],
  aclmode: ["discard", "groupmask", "passthrough", "restricted"],
  acltype: ["off", "nfsv4", "posix", "posixacl", "noacl"],
  atime: onOff,
  canmount: [...onOff, "noauto"],
  casesensitivity: ["sensitive", "insensitive", "mixed"],
  checksum: [
    "on",
    "off",
    "fletcher2",
    "fletcher4",
    "sha256",
    "noparity",
    "sha512",
    "skein",
    "edonr",
    "blake3",
  ],
  compression: /^(?:on|off|gzip(?:-[1-9])?|lz4|lzjb|zle|zstd(?:-(?:1?[1-9]|10))?|zstd-fast(?:-[0-9]{1,4})?)$/,
  copies: ["1", "2", "3"],
  dedup: /^(?:on|off|verify|(?:sha256|sha512|skein|blake3)(?:,verify)?|edonr,verify)$/,
  devices: onOff,
  dnodesize: ["legacy", "auto", "1k", "2k", "4k", "8k", "16k"],
  encryption: [
    ...onOff,
    ...["ccm", "gcm"].flatMap((mode) => ["128", "192", "256"].map((bits) => `aes-${bits}-${mode}`)),
  ],
  exec: onOff,
  keyformat: ["raw", "hex", "passphrase"],
  keylocation: /^file:\/\/\/\S+$/,
  logbias: ["latency", "throughput"],
  normalization: ["none", "formC", "formD", "formKC", "formKD"],
  primarycache: cache,
  quota: limit,
  readonly: onOff,
  recordsize: /^(?:512|(?:1|2|4|8|16|32|64|128|256|512)K|(?:1|2|4|8|16)M)B?$/i,
  redundant_metadata: ["all", "most", "some", "none"],
  refquota: limit,
  refreservation: /^(?:auto|none|[0-9]+(?:\.[0-9]+)?[KMGTPE]?B?)$/i,
  relatime: onOff,
  reservation: size,
  secondarycache: cache,
  setuid: onOff,
  snapdir: ["hidden", "visible", "disabled"],
  special_small_blocks: /^(?:0|[0-9]+[KM]?B?)$/i,
  snapdev: ["hidden", "visible"],
  sync: ["standard", "always", "disabled"],
  utf8only: onOff,
  xattr: ["on", "off", "sa", "dir"],
};

/** What only volumes have. */
const ofVolumes = new Set(["volsize", "volblocksize", "volmode", "volthreading"]);

/** What ZFS counts itself. */
const counted = new Set(
  (
    "available compressratio createtxg creation guid logicalreferenced logicalused mounted name origin " +
    "refcompressratio referenced type used usedbychildren usedbydataset usedbyrefreservation usedbysnapshots written"
  ).split(" "),
);

/** What is wrong with one `key=value`; `known: false` when ZFS may know it though we do not. */
export interface PropertyProblem {
  message: string;
  remedy: string;
  known: boolean;
}

/** `a=1, b=2` → a record with its keys sorted; items that are not key=value are left out. */
export function parseProperties(list: string): Record<string, string> {
  const pairs = splitPairs(list).flatMap((item) => {
    const at = item.indexOf("=");
    return at > 0 ? [[item.slice(0, at).trim(), item.slice(at + 1).trim()] as const] : [];
  });
  return Object.fromEntries(pairs.sort(([a], [b]) => (a < b ? -1 : 1)));
}

function splitPairs(list: string): string[] {
  return list
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== "");
}

/** Every problem of a property list, in its order. */
export function checkProperties(list: string): PropertyProblem[] {
  const seen = new Set<string>();
  return splitPairs(list).flatMap((item): PropertyProblem[] => {
    const [, name = "", value = ""] = /^([a-z][a-z0-9_:.-]*)\s*=\s*(\S+)$/.exec(item) ?? [];
    if (name === "")
      return [mistake(`has an item that is not key=value: ${item}`, "write it as recordsize=128K")];
    if (seen.has(name)) return [mistake(`sets ${name} twice`, "keep one of the two")];
    seen.add(name);
    if (name === "mountpoint") {
      return [mistake("sets mountpoint", "leave it out: a dataset is mounted at /<pool>/<dataset>")];
    }
    if (ofVolumes.has(name)) {
      return [mistake(`sets ${name}, which only volumes have`, "leave it out: a dataset holds files")];
    }
    if (counted.has(name)) return [mistake(`sets ${name}, which ZFS counts itself`, "leave it out")];
    if (name.includes(":")) return [];
    const allowed = properties[name];
    if (allowed === undefined) {
      return [
        {
          message: `sets ${name}, which is not among the properties known here`,
          remedy: "correct its spelling, or leave it when your ZFS has it: it is set as it is",
          known: false,
        },
      ];
    }
    if (allowed instanceof RegExp) {
      return allowed.test(value)
        ? []
        : [mistake(`has a value ZFS refuses: ${item}`, `see zfsprops(7) for ${name}`)];
    }
    return allowed.includes(value)
      ? []
      : [mistake(`has a value ZFS refuses: ${item}`, `set ${name} to one of ${allowed.join(", ")}`)];
  });
}

function mistake(message: string, remedy: string): PropertyProblem {
  return { message, remedy, known: true };
}
