/** Options of vzdump and of its jobs (PVE::VZDump::Common). */
import { ParameterError } from "../errors";
import {
  boolean,
  integer,
  storageId,
  string,
  type Parameters,
  type PropertyString,
  type Values,
} from "../schema/types";

const O = { optional: true } as const;
const keep = integer({ ...O, minimum: 0 });

/** Property strings among the options, with their keys. */
export const PROPERTY_STRINGS: Record<string, PropertyString> = {
  fleecing: { enabled: boolean({ ...O, defaultKey: true }), storage: { ...storageId, optional: true } },
  performance: {
    "max-workers": integer({ ...O, minimum: 1, maximum: 256 }),
    "pbs-entries-max": integer({ ...O, minimum: 1 }),
  },
  "prune-backups": {
    "keep-all": boolean(O),
    "keep-last": keep,
    "keep-hourly": keep,
    "keep-daily": keep,
    "keep-weekly": keep,
    "keep-monthly": keep,
    "keep-yearly": keep,
  },
};

/** Retention that keeps a number of backups by some rule. */
export const keepsSome = (values: Values): boolean =>
  Object.entries(values).some(([key, value]) => key !== "keep-all" && Number(value) > 0);

function checkRetention(values: Values): void {
  if (values["keep-all"] && keepsSome(values))
    throw new Error("keep-all cannot be set together with other options.\n");
}

function checkFleecing(values: Values): void {
  if (values["enabled"] && values["storage"] === undefined)
    throw new Error("'storage' parameter is required when 'enabled' is set\n");
}

/** Options that `vzdump` takes. */
export const vzdumpOptions: Parameters = {
  vmid: string({ ...O, format: "pve-vmid-list" }),
  node: string({ ...O, format: "pve-node" }),
  all: boolean(O),
  stdexcludes: boolean(O),
  compress: string({ ...O, enum: ["0", "1", "gzip", "lzo", "zstd"] }),
  pigz: integer(O),
  zstd: integer(O),
  quiet: boolean(O),
  mode: string({ ...O, enum: ["snapshot", "suspend", "stop"] }),
  exclude: string({ ...O, format: "pve-vmid-list" }),
  "exclude-path": string({ ...O, list: true }),
  mailto: string({ ...O, format: "email-or-username-list" }),
  mailnotification: string({ ...O, enum: ["always", "failure"] }),
  "notification-mode": string({ ...O, enum: ["auto", "legacy-sendmail", "notification-system"] }),
  tmpdir: string(O),
  dumpdir: string(O),
  script: string(O),
  storage: { ...storageId, optional: true },
  stop: boolean(O),
  bwlimit: integer({ ...O, minimum: 0 }),
  ionice: integer({ ...O, minimum: 0, maximum: 8 }),
  performance: string({ ...O, format: PROPERTY_STRINGS["performance"] }),
  fleecing: string({ ...O, format: PROPERTY_STRINGS["fleecing"], check: checkFleecing }),
  lockwait: integer({ ...O, minimum: 0 }),
  stopwait: integer({ ...O, minimum: 0 }),
  "prune-backups": string({ ...O, format: PROPERTY_STRINGS["prune-backups"], check: checkRetention }),
  remove: boolean(O),
  pool: string(O),
  "notes-template": string({ ...O, maxLength: 1024, requires: "storage" }),
  protected: boolean({ ...O, requires: "storage" }),
  "pbs-change-detection-mode": string({ ...O, enum: ["legacy", "data", "metadata"] }),
};

/** What a job has beside them. */
export const jobOptions: Parameters = {
  schedule: string({ ...O, format: "pve-calendar-event", maxLength: 128 }),
  starttime: string({ ...O, pattern: /^\d{1,2}:\d{1,2}$/ }),
  dow: string({ ...O, requires: "starttime" }),
  enabled: boolean(O),
  "repeat-missed": boolean(O),
  comment: string({ ...O, maxLength: 512 }),
};

/** A template of notes: one line, with the escapes and variables that Proxmox VE knows. */
function checkNotesTemplate(template: string): void {
  const refuse = (reason: string) => {
    throw new ParameterError({ "notes-template": `${reason}\n` });
  };
  if (template.includes("\n")) refuse("contains a line feed");
  const found: string[] = [];
  for (const { 1: char = "", index } of template.matchAll(/\\(.)/g))
    if (!/[n\\]/.test(char)) found.push(`escape sequence '\\${char}' at char ${index}`);
  for (const { 1: name = "", index } of template.matchAll(/\{\{([^\s{}]+)\}\}/g))
    if (!/^(cluster|guestname|node|vmid)$/.test(name)) found.push(`variable '${name}' at char ${index + 4}`);
  if (found.length > 0) refuse(`found unknown: ${found.join(", ")}`);
}

/** What PVE::VZDump::verify_vzdump_parameters refuses; `complete` also asks for guests. Sets `all` for `exclude`. */
export function verifyVzdump(values: Values, complete: boolean): void {
  for (const key of ["all", "exclude", "pool"])
    if (values[key] && values["vmid"])
      throw new ParameterError({ [key]: "option conflicts with option 'vmid'" });
  if (values["notes-template"]) checkNotesTemplate(String(values["notes-template"]));
  if (values["exclude"] !== undefined && !values["pool"]) values["all"] = 1;
  if (complete && !values["all"] && !values["stop"] && !values["pool"] && !values["vmid"])
    throw new ParameterError({ vmid: "property is missing" });
}
