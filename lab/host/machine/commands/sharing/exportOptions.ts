/** Options of an export: read as nfs-utils reads them, and printed as its table and `exportfs -v` print them. */

/** What an export says, with the defaults of nfs-utils 2.6. */
export interface ExportOptions {
  rw: boolean;
  sync: boolean;
  wdelay: boolean;
  hide: boolean;
  crossmnt: boolean;
  secure: boolean;
  rootSquash: boolean;
  allSquash: boolean;
  /** Undefined when neither word was given: then exportfs warns. */
  subtreeCheck?: boolean;
  secureLocks: boolean;
  acl: boolean;
  pnfs: boolean;
  fsid?: string;
  mountpoint?: string;
  anonuid: string;
  anongid: string;
  sec: string[];
}

/** A word that cannot be an option; the message is what exportfs says behind the place. */
export class OptionError extends Error {}

const defaults = (): ExportOptions => ({
  ...{ rw: false, sync: true, wdelay: true, hide: true, crossmnt: false, secure: true, rootSquash: true },
  ...{ allSquash: false, secureLocks: true, acl: true, pnfs: false },
  ...{ anonuid: "65534", anongid: "65534", sec: ["sys"] },
});

const words: Record<string, (options: ExportOptions) => void> = {
  ro: (o) => (o.rw = false),
  rw: (o) => (o.rw = true),
  sync: (o) => (o.sync = true),
  async: (o) => (o.sync = false),
  wdelay: (o) => (o.wdelay = true),
  no_wdelay: (o) => (o.wdelay = false),
  hide: (o) => (o.hide = true),
  nohide: (o) => (o.hide = false),
  crossmnt: (o) => (o.crossmnt = true),
  nocrossmnt: (o) => (o.crossmnt = false),
  secure: (o) => (o.secure = true),
  insecure: (o) => (o.secure = false),
  root_squash: (o) => (o.rootSquash = true),
  no_root_squash: (o) => (o.rootSquash = false),
  all_squash: (o) => (o.allSquash = true),
  no_all_squash: (o) => (o.allSquash = false),
  subtree_check: (o) => (o.subtreeCheck = true),
  no_subtree_check: (o) => (o.subtreeCheck = false),
  auth_nlm: (o) => (o.secureLocks = true),
  no_auth_nlm: (o) => (o.secureLocks = false),
  secure_locks: (o) => (o.secureLocks = true),
  insecure_locks: (o) => (o.secureLocks = false),
  acl: (o) => (o.acl = true),
  no_acl: (o) => (o.acl = false),
  pnfs: (o) => (o.pnfs = true),
  no_pnfs: (o) => (o.pnfs = false),
  security_label: () => undefined,
  mp: (o) => (o.mountpoint = ""),
  mountpoint: (o) => (o.mountpoint = ""),
};

const flavours = [
  "krb5",
  "krb5i",
  "krb5p",
  "lkey",
  "lkeyi",
  "lkeyp",
  "spkm",
  "spkmi",
  "spkmp",
  "null",
  "none",
  "unix",
  "sys",
];

/**
 * Reads a list such as `rw,sync`.
 *
 * @param place where it stands: `file:line`, or `command line:0`
 * @throws OptionError with the text behind `exportfs: `
 */
export function parseOptions(text: string, place: string): ExportOptions {
  const options = defaults();
  const spaced = place.replace(/:(\d+)$/, ": $1");
  for (const word of text.split(",").filter(Boolean)) {
    const [name = "", ...rest] = word.split("=");
    const value = word.includes("=") ? rest.join("=") : undefined;
    if (value === undefined && Object.hasOwn(words, name)) {
      words[name]?.(options);
    } else if (value !== undefined && ["anonuid", "anongid"].includes(name)) {
      if (!/^-?[0-9]+$/.test(value)) throw new OptionError(`${spaced}: bad ${name} "${word}"\n`);
      options[name as "anonuid" | "anongid"] = value;
    } else if (value !== undefined && name === "fsid") {
      if (!/^([0-9]+|root|[0-9a-fA-F:-]{32,})$/.test(value))
        throw new OptionError(`${spaced}: bad fsid "${word}"\n`);
      options.fsid = value === "root" ? "0" : value;
    } else if (value !== undefined && name === "sec") {
      options.sec = value.split(":");
      const unknown = options.sec.find((flavour) => !flavours.includes(flavour));
      if (unknown !== undefined) throw new OptionError(`unknown flavor ${unknown}\n`);
    } else if (name === "xprtsec" && /^(none|tls|mtls)(:(none|tls|mtls))*$/.test(value ?? "")) {
      // Since nfs-utils 2.6.3; it changes nothing that the lab shows.
      continue;
    } else if (value !== undefined && (name === "mp" || name === "mountpoint")) {
      options.mountpoint = value;
    } else {
      throw new OptionError(`${place}: unknown keyword "${word}"\n`);
    }
  }
  return options;
}

const squash = ({ rw, rootSquash, allSquash }: ExportOptions) => [
  rw ? "rw" : "ro",
  rootSquash ? "root_squash" : "no_root_squash",
  allSquash ? "all_squash" : "no_all_squash",
];
const place = ({ fsid, mountpoint }: ExportOptions) => [
  ...(fsid === undefined ? [] : [`fsid=${fsid}`]),
  ...(mountpoint === undefined ? [] : [mountpoint === "" ? "mountpoint" : `mountpoint=${mountpoint}`]),
];

/** As a line of /var/lib/nfs/etab has them. */
export function tableOptions(o: ExportOptions): string {
  return [
    o.rw ? "rw" : "ro",
    o.sync ? "sync" : "async",
    o.wdelay ? "wdelay" : "no_wdelay",
    o.hide ? "hide" : "nohide",
    o.crossmnt ? "crossmnt" : "nocrossmnt",
    o.secure ? "secure" : "insecure",
    ...squash(o).slice(1),
    o.subtreeCheck ? "subtree_check" : "no_subtree_check",
    o.secureLocks ? "secure_locks" : "insecure_locks",
    o.acl ? "acl" : "no_acl",
    o.pnfs ? "pnfs" : "no_pnfs",
    ...place(o),
    `anonuid=${o.anonuid}`,
    `anongid=${o.anongid}`,
    `sec=${o.sec.join(":")}`,
    ...squash(o),
  ].join(",");
}

/** As `exportfs -v` and `-s` print them. */
export function shownOptions(o: ExportOptions): string {
  return [
    o.sync ? "sync" : "async",
    o.wdelay ? "wdelay" : "no_wdelay",
    o.hide ? "hide" : "nohide",
    ...(o.crossmnt ? ["crossmnt"] : []),
    ...(o.subtreeCheck ? [] : ["no_subtree_check"]),
    ...(o.secureLocks ? [] : ["insecure_locks"]),
    ...(o.acl ? [] : ["no_acl"]),
    ...(o.pnfs ? ["pnfs"] : []),
    ...place(o),
    ...(o.anonuid === "65534" ? [] : [`anonuid=${o.anonuid}`]),
    ...(o.anongid === "65534" ? [] : [`anongid=${o.anongid}`]),
    `sec=${o.sec.join(":")}`,
    ...squash(o),
  ].join(",");
}
