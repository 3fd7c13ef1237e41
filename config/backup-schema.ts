/** `backups` of phoenix_hypervisor_config.json: jobs of vzdump, under Proxmox VE's own names with _ for -. */
import { z } from "zod";
import { isCalendarEvent } from "./calendar-event";
import { comment, guestText, inPath, line, pattern, storageId, text, whole } from "./primitives";
import { unprintable } from "./printable";

/** The id of a job (pve-configid). */
const jobId = () =>
  pattern(/^[A-Za-z][A-Za-z0-9_-]+$/, "is not an id for a job: a letter, then letters, digits, _ and -", 64);

const kept = (what: string) => whole(1, 10_000).optional().describe(`Backups kept of the last ${what}`);

const retention = z
  .strictObject({
    keep_all: z.literal(true).optional().describe("true to keep all; not with the others"),
    keep_last: whole(1, 10_000).optional().describe("Newest backups that are kept"),
    keep_hourly: kept("so many hours that have one"),
    keep_daily: kept("so many days that have one"),
    keep_weekly: kept("so many weeks that have one"),
    keep_monthly: kept("so many months that have one"),
    keep_yearly: kept("so many years that have one"),
  })
  .describe("Backups of a guest that are kept; without it those of the storage's own retention, else all");

const fleecing = z
  .strictObject({
    enabled: z.boolean().default(true).describe("Whether machines' backups use it"),
    storage: storageId()
      .optional()
      .describe("Storage for what a machine overwrites meanwhile, of content images: a fast one of the node"),
  })
  .describe("Backups of machines that do not wait for a slow storage; Proxmox VE 8.2 and later");

const performance = z
  .strictObject({
    max_workers: whole(1, 256).optional().describe("Workers that read a machine's disks, 16 by default"),
    pbs_entries_max: whole(1, 2_147_483_647)
      .optional()
      .describe("Entries of a container's files in memory, for Proxmox Backup Server; 1048576 by default"),
  })
  .describe("Limits of a backup's own work");

const address = () =>
  pattern(
    /^[A-Za-z0-9_.+/-]+(@[A-Za-z0-9_.+-]+)?$/,
    "is neither an e-mail address nor a user's name",
  ).describe("an e-mail address, or a user of the node");

/** What Proxmox VE fills in: these alone, and \n and \\ are its only escapes. */
const notesPattern = new RegExp(
  `^(?!.*\\\\(?![n\\\\]))(?!.*\\{\\{(?!(?:cluster|guestname|node|vmid)\\}\\})[^\\s{}]+\\}\\})[^${unprintable}]+$`,
  "u",
);

const job = z
  .strictObject({
    schedule: text(128)
      .refine(isCalendarEvent, { message: "is not a calendar event" })
      .describe(
        "When it runs, as a calendar event in the node's time: 02:30, sat 04:00, mon..fri 22:00, *-*-01 03:00",
      ),
    storage: storageId().describe("Storage that holds the backups, of content backup"),
    guests: z
      .array(guestText().describe("CTID, VMID or name of a guest"))
      .min(1)
      .optional()
      .describe("Guests that are backed up, by CTID, VMID or name, in quotes"),
    all: z
      .literal(true)
      .optional()
      .describe("true, in place of guests, for every guest of the node, also those that no file names"),
    exclude: z
      .array(guestText().describe("CTID, VMID or name of a guest"))
      .default([])
      .describe("Guests that are left out of all, by CTID, VMID or name, in quotes"),
    pool: pattern(/^[A-Za-z0-9._-]+(\/[A-Za-z0-9._-]+){0,2}$/, "is not the name of a pool")
      .optional()
      .describe("Pool of Proxmox VE whose guests are backed up, in place of guests; it has to be there"),
    mode: z
      .enum(["snapshot", "suspend", "stop"])
      .default("snapshot")
      .describe(
        "How a running guest is held still: snapshot hardly interrupts it, suspend does so for a while, stop shuts it down",
      ),
    compress: z.enum(["none", "lzo", "gzip", "zstd"]).default("zstd").describe("How archives are compressed"),
    retention: retention.optional(),
    protected: z
      .boolean()
      .default(false)
      .describe("Whether nothing removes its backups, retention neither, until somebody takes that back"),
    notes_template: pattern(notesPattern, "has a variable or an escape that Proxmox VE does not know", 1024)
      .default("{{guestname}}")
      .describe("Notes of each backup, with {{cluster}}, {{guestname}}, {{node}} and {{vmid}} filled in"),
    enabled: z.boolean().default(true).describe("Whether it runs by its schedule"),
    repeat_missed: z
      .boolean()
      .default(false)
      .describe("Whether a run that was missed, as the node was off, is made up for"),
    comment: line(512).optional().describe("Description of the job in Proxmox VE"),
    bwlimit: whole(1, 2_147_483_647)
      .optional()
      .describe("Most KiB a second that are read; the storage's or node's own limit without it"),
    ionice: whole(0, 8).optional().describe("Priority of its reading, 0 first to 8 idle; 7 by default"),
    zstd: whole(0, 256).optional().describe("Threads of zstd, 0 for half of the node's cores; 1 by default"),
    pigz: whole(0, 256)
      .optional()
      .describe("Threads of pigz in place of gzip, 1 for half of the cores; 0, the default, for gzip"),
    lockwait: whole(0, 100_000)
      .optional()
      .describe("Minutes that it waits for another backup of the node to end; 180 by default"),
    stopwait: whole(0, 100_000)
      .optional()
      .describe("Minutes that it waits for a guest to shut down in mode stop; 10 by default"),
    exclude_path: z
      .array(
        pattern(
          new RegExp(`^[*?[\\]!${inPath}]+$`, "u"),
          "is not a glob of letters, digits and / . _ - + @ = ~ % * ? [ ] !",
          1024,
        ).describe("a glob for paths"),
      )
      .default([])
      .describe(
        "Files of containers that are left out: globs, those with a / first from the container's root",
      ),
    stdexcludes: z
      .boolean()
      .default(true)
      .describe("Whether temporary files and logs of containers are left out"),
    fleecing: fleecing.optional(),
    performance: performance.optional(),
    pbs_change_detection_mode: z
      .enum(["legacy", "data", "metadata"])
      .optional()
      .describe("How changed files of containers are found, on a Proxmox Backup Server"),
    notification_mode: z
      .enum(["auto", "legacy-sendmail", "notification-system"])
      .optional()
      .describe(
        "Who tells of it: auto, the default, sends mail where mailto is set, else Proxmox VE's notifications",
      ),
    mailto: z
      .array(address())
      .default([])
      .describe("Who gets mail of it: e-mail addresses, users of the node"),
    mailnotification: z
      .enum(["always", "failure"])
      .optional()
      .describe("When there is mail; always by default"),
    node: pattern(/^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?$/, "is not the name of a node", 63)
      .optional()
      .describe("Node of a cluster that it runs on alone; on each node with guests of it without this"),
    description: comment(),
  })
  .describe("A job that backs guests up");

/** The key `backups`. */
export const backups = z
  .record(jobId(), job)
  .default({})
  .describe("Jobs that back guests up by a schedule, by the job's id in Proxmox VE");

/** A job with its defaults. */
export type BackupEntry = z.output<typeof job>;
