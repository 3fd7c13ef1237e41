/* eslint-disable @typescript-eslint/no-unsafe-member-access --
   the tables break untyped documents in every way */
import assert from "node:assert/strict";
import test, { describe } from "node:test";
import { check, expectRow, type Json, type Row } from "./samples";

const disk = (name: string) => `/dev/disk/by-id/${name}`;
const mirrors = [
  { raid_level: "mirror", disks: [disk("a"), disk("b")] },
  { raid_level: "mirror", disks: [disk("e"), disk("f")] },
];
/** Writes the first pool as one of several parts. */
const inParts = (pool: Json, vdevs: unknown[] = mirrors) => {
  delete pool.raid_level;
  delete pool.disks;
  pool.vdevs = vdevs;
};

describe("pools", () => {
  const rows: Row[] = [
    ...["etc", "usr", "root", "mnt"].map((name): Row => [
      `mounted over the system's /${name}`,
      ({ zfs }) => (zfs.pools[2] = { name, raid_level: "single", disks: [disk("z")] }),
      `host.json: zfs.pools[2].name: is the name of a folder of the system, over which ZFS would mount it (/${name}) ("${name}") — give the pool another name`,
    ]),
    [
      "both ways at once",
      ({ zfs }) => (zfs.pools[0].vdevs = [{ raid_level: "single", disks: [disk("z")] }]),
      "host.json: zfs.pools[0].vdevs: stands beside raid_level and disks — write the pool in one of the two ways",
    ],
    [
      "neither way",
      ({ zfs }) => {
        delete zfs.pools[0].raid_level;
        delete zfs.pools[0].disks;
      },
      "host.json: zfs.pools[0].raid_level: is missing — give raid_level and disks, or vdevs for a pool of several parts",
      "host.json: zfs.pools[0].disks: is missing — give raid_level and disks, or vdevs for a pool of several parts",
    ],
    [
      "a part with too few disks",
      ({ zfs }) => inParts(zfs.pools[0], [mirrors[0], { raid_level: "mirror", disks: [disk("e")] }]),
      "host.json: zfs.pools[0].vdevs[1].disks: mirror needs 2 disks or more, not 1 — add disks, or choose another raid_level",
      "host.json: zfs.pools[0].vdevs: has parts of different layout (mirror of 2, mirror of 1) — give all parts one layout, or set unequal_disks to true",
    ],
    [
      "a disk in two parts",
      ({ zfs }) =>
        inParts(zfs.pools[0], [mirrors[0], { raid_level: "mirror", disks: [disk("e"), disk("a")] }]),
      `host.json: zfs.pools[0].vdevs[1].disks[1]: is also a disk of pool tank ("/dev/disk/by-id/a") — use each disk in one place only`,
    ],
    [
      "the two names of one NVMe disk",
      ({ zfs }) => (zfs.pools[0].disks = [disk("nvme-X_1234"), disk("nvme-X_1234_1")]),
      `host.json: zfs.pools[0].disks[1]: is also a disk of pool tank ("/dev/disk/by-id/nvme-X_1234_1") — use each disk in one place only`,
    ],
    [
      "a disk of another pool named for wiping",
      ({ zfs }) => (zfs.pools[0].wipe_disks = [disk("c")]),
      `host.json: zfs.pools[0].wipe_disks[0]: is no disk of pool tank ("/dev/disk/by-id/c") — name a disk of this pool, written as in its disks`,
    ],
    [
      "a disk named for wiping by another name",
      ({ zfs }) => {
        zfs.pools[0].disks[0] = disk("nvme-X_1234");
        zfs.pools[0].wipe_disks = [disk("nvme-X_1234_1")];
      },
      `host.json: zfs.pools[0].wipe_disks[0]: is no disk of pool tank ("/dev/disk/by-id/nvme-X_1234_1") — write it as in disks: /dev/disk/by-id/nvme-X_1234`,
    ],
    [
      "a disk named for wiping twice",
      ({ zfs }) => (zfs.pools[0].wipe_disks = [disk("a"), disk("a")]),
      `host.json: zfs.pools[0].wipe_disks[1]: is also an entry of wipe_disks ("/dev/disk/by-id/a") — name each disk once`,
    ],
    [
      "wiping that is no list",
      ({ zfs }) => (zfs.pools[0].wipe_disks = true),
      "host.json: zfs.pools[0].wipe_disks: must be a list, not true (true) — give disks of this pool whose whole content may be lost when the pool has to be created; without it only blank disks are used. The disk the node starts from and disks in use are never wiped",
    ],
    [
      "a property of volumes",
      ({ zfs }) => (zfs.pools[0].properties = "volblocksize=16K"),
      "host.json: zfs.pools[0].properties: sets volblocksize, which only volumes have — leave it out: a dataset holds files",
    ],
    [
      "what ZFS counts itself",
      ({ zfs }) => (zfs.datasets[0].properties = "used=1G"),
      "host.json: zfs.datasets[0].properties: sets used, which ZFS counts itself — leave it out",
    ],
    [
      "a quota of nothing",
      ({ zfs }) => (zfs.datasets[0].properties = "quota=0"),
      "host.json: zfs.datasets[0].properties: has a value ZFS refuses: quota=0 — see zfsprops(7) for quota",
    ],
    [
      "a time to scrub that there is not",
      ({ zfs }) => (zfs.pools[0].scrub = "daily"),
      `host.json: zfs.pools[0].scrub: must be one of weekly, monthly, off ("daily") — give when the pool's data is checked: weekly or monthly by the timers of zfsutils-linux, or off; without it the node's own monthly job stays as it is`,
    ],
  ];
  for (const row of rows) test(row[0], () => expectRow("mistakes", row));

  const warnings: Row[] = [
    ["several parts", ({ zfs }) => inParts(zfs.pools[0])],
    [
      "a partition",
      ({ zfs }) => (zfs.pools[0].disks[0] = disk("a-part3")),
      `host.json: zfs.pools[0].disks[0]: is a partition, and a pool is created on whole disks only ("/dev/disk/by-id/a-part3") — name the whole disk, unless the pool is there already`,
    ],
    [
      "a name that changes",
      ({ zfs }) => (zfs.pools[0].disks[0] = "/dev/sdb"),
      `host.json: zfs.pools[0].disks[0]: is a name that may belong to another disk after a restart ("/dev/sdb") — name the disk by its path in /dev/disk/by-id`,
    ],
    [
      "a pool that goes, with datasets that stay",
      ({ zfs }) => (zfs.pools[0].destroy_on_teardown = true),
      "host.json: zfs.pools[0].destroy_on_teardown: will be refused while tank/guests lies in it, which stays — set destroy_on_teardown for what lies in it too, or leave it out here",
    ],
    [
      "a pool that goes with everything in it",
      ({ zfs }) => (zfs.pools[0].destroy_on_teardown = zfs.datasets[0].destroy_on_teardown = true),
    ],
  ];
  for (const row of warnings) test(row[0], () => expectRow("warnings", row));

  test("every key of a pool reaches the model", () => {
    const { estate, mistakes } = check(({ zfs }) => {
      inParts(zfs.pools[0]);
      Object.assign(zfs.pools[0], {
        ...{ wipe_disks: [disk("f"), disk("a")], take_over_from: "oldhost", unequal_disks: true },
        ...{ autotrim: false, properties: "compression=zstd, xattr=sa", scrub: "weekly" },
        destroy_on_teardown: true,
      });
      zfs.datasets[0].destroy_on_teardown = true;
    });
    assert.deepEqual(mistakes, []);
    assert.deepEqual(estate?.pools[1], {
      name: "tank",
      vdevs: mirrors.map(({ disks }) => ({ raidLevel: "mirror", disks })),
      properties: { atime: "off", compression: "zstd", xattr: "sa" },
      autotrim: "off",
      scrub: "weekly",
      wipeDisks: [disk("a"), disk("f")],
      takeOverFrom: "oldhost",
      unequalDisks: true,
      destroyOnTeardown: true,
    });
    assert.equal(estate.datasets[1]?.destroyOnTeardown, true);
  });
});
