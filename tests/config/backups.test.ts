/* eslint-disable @typescript-eslint/no-unsafe-member-access --
   the tables break untyped documents in every way */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { isCalendarEvent } from "../../config/calendar-event";
import { check, expectRow, type Json, type Row } from "./samples";

const nightly = { schedule: "02:30", storage: "local", guests: ["901"] };
const job =
  (over: object, without: string[] = []) =>
  (host: Json) => {
    const entries = Object.entries({ ...nightly, ...over }).filter(([key]) => !without.includes(key));
    host.backups = { nightly: Object.fromEntries(entries) };
  };
const place = "host.json: backups.nightly";

describe("backup jobs", () => {
  const mistakes: Row[] = [
    ["of a container", job({})],
    ["of all guests but some", job({ all: true, exclude: ["901"] }, ["guests"])],
    ["of a pool", job({ pool: "lab" }, ["guests"])],
    ["with fleecing that is off", job({ fleecing: { enabled: false } })],
    [
      "an id that Proxmox VE does not take",
      (host: Json) => (host.backups = { "1st": nightly }),
      `host.json: backups.1st: is not an id for a job: a letter, then letters, digits, _ and - — give it another name`,
    ],
    [
      "no schedule",
      job({}, ["schedule"]),
      `${place}.schedule: is missing — give when it runs, as a calendar event in the node's time: 02:30, sat 04:00, mon..fri 22:00, *-*-01 03:00`,
    ],
    [
      "a schedule that is none",
      job({ schedule: "25:00" }),
      `${place}.schedule: is not a calendar event ("25:00") — give when it runs, as a calendar event in the node's time: 02:30, sat 04:00, mon..fri 22:00, *-*-01 03:00`,
    ],
    [
      "a storage for something else",
      job({ storage: "tank-guests" }),
      `${place}.storage: is a storage that holds no backups ("tank-guests") — add backup to its dataset's proxmox_content_type, or name another storage`,
    ],
    ["no guests", job({}, ["guests"]), `${place}: names no guests — add guests, all or pool`],
    [
      "guests and a pool",
      job({ pool: "lab" }),
      `${place}.pool: stands beside guests ("lab") — keep one of the two`,
    ],
    [
      "a word for guests",
      job({ guests: "901" }),
      `${place}.guests: must be a list, not text ("901") — give guests that are backed up, by CTID, VMID or name, in quotes`,
    ],
    [
      "an empty list of guests",
      job({ guests: [] }),
      `${place}.guests: must not be empty — give guests that are backed up, by CTID, VMID or name, in quotes`,
    ],
    [
      "all that is not",
      job({ all: false }, ["guests"]),
      `${place}.all: must be one of true (false) — give true, in place of guests, for every guest of the node, also those that no file names`,
    ],
    [
      "a guest that no file names",
      job({ guests: ["901", "999"] }),
      `${place}.guests[1]: is no guest of these files ("999") — name a CTID, or the VMID or name of a virtual machine; guests of others are in a job with all or pool`,
    ],
    [
      "a machine without a VMID",
      job({ guests: ["runner"] }),
      `${place}.guests[0]: is a virtual machine whose VMID Proxmox chooses, and a job names guests by theirs ("runner") — give its entry a vmid`,
    ],
    [
      "guests left out of a list",
      job({ exclude: ["901"] }),
      `${place}.exclude: is for all — take the guests out of guests`,
    ],
    [
      "guests left out of a pool",
      job({ pool: "lab", exclude: ["901"] }, ["guests"]),
      `${place}.exclude: is for all — take the guests out of the pool`,
    ],
    [
      "a name left out that nobody has",
      job({ all: true, exclude: ["nobody"] }, ["guests"]),
      `${place}.exclude[0]: is no guest of these files ("nobody") — name a CTID, or the VMID or name of a virtual machine; guests of others are in a job with all or pool`,
    ],
    [
      "empty retention",
      job({ retention: {} }),
      `${place}.retention: keeps nothing by any rule — say what is kept, such as keep_last or keep_all, or remove retention for that of the storage`,
    ],
    [
      "retention that keeps all and by a rule",
      job({ retention: { keep_all: true, keep_last: 3 } }),
      `${place}.retention.keep_all: stands beside other rules (true) — keep all, or by rules`,
    ],
    [
      "retention of none",
      job({ retention: { keep_last: 0 } }),
      `${place}.retention.keep_last: must be 1 or more (0) — give newest backups that are kept`,
    ],
    [
      "fleecing to no storage",
      job({ fleecing: {} }),
      `${place}.fleecing.storage: is missing — name a storage of content images, or set enabled to false`,
    ],
    [
      "fleecing to a storage for something else",
      job({ fleecing: { storage: "bulk-library" } }),
      `${place}.fleecing.storage: is a storage that holds no disks of virtual machines ("bulk-library") — add images to its dataset's proxmox_content_type, or name another storage`,
    ],
    [
      "notes with a variable that there is not",
      job({ notes_template: "{{name}}" }),
      `${place}.notes_template: has a variable or an escape that Proxmox VE does not know ("{{name}}") — give notes of each backup, with {{cluster}}, {{guestname}}, {{node}} and {{vmid}} filled in`,
    ],
    [
      "a mode that there is not",
      job({ mode: "live" }),
      `${place}.mode: must be one of snapshot, suspend, stop ("live") — give how a running guest is held still: snapshot hardly interrupts it, suspend does so for a while, stop shuts it down`,
    ],
    [
      "mail to what is no address",
      job({ mailto: ["a b"] }),
      `${place}.mailto[0]: is neither an e-mail address nor a user's name ("a b") — give an e-mail address, or a user of the node`,
    ],
  ];
  for (const row of mistakes) test(row[0], () => expectRow("mistakes", row));

  const warnings: Row[] = [
    [
      "an unknown storage",
      job({ storage: "nas" }),
      `${place}.storage: is a storage that neither these files make nor Proxmox ships ("nas") — make it on the host before the first run, or name one of bulk-library, local, local-lvm, tank-guests`,
    ],
    [
      "a guest left out that is another stack's",
      job({ all: true, exclude: ["4711"] }, ["guests"]),
      `${place}.exclude[0]: is no guest of these files ("4711") — nothing has to be done if it is another guest of the node; else correct it`,
    ],
  ];
  for (const row of warnings) test(row[0], () => expectRow("warnings", row));

  test("are handed on as Proxmox VE has them", () => {
    const { estate, mistakes: none } = check((host) => {
      host.vms[0].vmid = 9000;
      host.backups = {
        weekly: {
          ...{
            schedule: "sun 04:00",
            storage: "local",
            all: true,
            exclude: ["runner"],
            compress: "none",
          },
          ...{
            retention: { keep_weekly: 4, keep_last: 2 },
            mailto: ["ops@lab.test", "admin"],
            protected: true,
          },
          ...{ performance: { max_workers: 4 }, fleecing: { storage: "local-lvm" }, stdexcludes: false },
        },
        nightly: { ...nightly, guests: ["runner", "901"], enabled: false, exclude_path: ["/var/cache/*"] },
      };
    });
    assert.deepEqual(none, []);
    assert.deepEqual(estate!.backups, [
      {
        ...{ id: "nightly", storage: "local", excludePaths: ["/var/cache/*"] },
        options: {
          ...{ compress: "zstd", enabled: "0", mode: "snapshot", "notes-template": "{{guestname}}" },
          ...{ schedule: "02:30", storage: "local", vmid: "901,9000" },
        },
      },
      {
        ...{ id: "weekly", storage: "local", fleecingStorage: "local-lvm", excludePaths: [] },
        options: {
          ...{
            all: "1",
            compress: "0",
            enabled: "1",
            exclude: "9000",
            fleecing: "enabled=1,storage=local-lvm",
          },
          ...{ mailto: "admin,ops@lab.test", mode: "snapshot", "notes-template": "{{guestname}}" },
          ...{ performance: "max-workers=4", protected: "1", "prune-backups": "keep-last=2,keep-weekly=4" },
          ...{ schedule: "sun 04:00", stdexcludes: "0", storage: "local" },
        },
      },
    ]);
  });
});

describe("calendar events", () => {
  const good = `* */10 */12:0 1/12:0/15 1,4,6 0..3 23..23:0..3 Mon sat..sun sun..sat wed,mon..tue,fri mon_*/15 22/1:0
    20..22:*/30 2,4:0,1,3..5 daily semi-annually 02:30 02:30:15 *-*-01_03:00 2026-1..6/2-* sat_*-1..7_04:00_UTC weekly_UTC`;
  const bad = `Fri..Mon 61 */61 0..80 _mon_0_0_0 mon_0_0 24:00 5..3 someday *-13-01 1-2-3-4 1:2:3:4 */0 mon,_2:30 2:`;
  const words = (text: string) => text.split(/\s+/).map((word) => word.replaceAll("_", " "));
  for (const event of words(good)) test(event, () => assert.equal(isCalendarEvent(event), true));
  for (const event of [...words(bad), "", "UTC"])
    test(`not ${JSON.stringify(event)}`, () => assert.equal(isCalendarEvent(event), false));
});
