import assert from "node:assert/strict";
import { test } from "node:test";
import { planZfs, type ZfsArgs } from "../../components/hypervisor/zfs/plan";
import type { DatasetSpec, PoolSpec } from "../../config";
import { recordProgram, settingsOf, waitsFor } from "./recorder";
import { register } from "./register";

const mirror: PoolSpec = {
  name: "quick",
  vdevs: [{ raidLevel: "mirror", disks: ["/dev/disk/by-id/a", "/dev/disk/by-id/b"] }],
  properties: { atime: "off", compression: "lz4" },
  autotrim: "on",
};
const dataset = (name: string, storageId: string): DatasetSpec => ({
  pool: "quick",
  name,
  fullName: `quick/${name}`,
  properties: { quota: "600G", recordsize: "16K" },
  mountpoint: `/quick/${name}`,
  storageId,
});

interface Changes {
  arcMaxGb?: number;
  pool?: Partial<PoolSpec>;
  datasets?: DatasetSpec[];
}

function zfs({ arcMaxGb, pool, datasets }: Changes = {}) {
  const args = {
    arcMaxGb,
    pools: [{ ...mirror, ...pool }],
    datasets: datasets ?? [dataset("lxc-disks", "quick-lxc-disks"), dataset("iso", "quick-iso")],
    storages: [
      {
        id: "quick-lxc-disks",
        type: "zfspool",
        content: ["rootdir"],
        pool: "quick/lxc-disks",
        dataset: "quick/lxc-disks",
      },
      { id: "quick-iso", type: "dir", content: ["iso", "vztmpl"], path: "/quick/iso", dataset: "quick/iso" },
    ],
  } satisfies ZfsArgs;
  register({ parts: [planZfs("zfs", args, undefined, []).component] });
}

test("pool before dataset before storage, each with what the files say", async () => {
  const program = await recordProgram(() => void zfs({ arcMaxGb: 32 }));
  assert.deepEqual(program.names, [
    "zfs",
    "zfs-arc",
    "zfs-dataset-quick-iso",
    "zfs-dataset-quick-lxc-disks",
    "zfs-pool-quick",
    "zfs-storage-quick-iso",
    "zfs-storage-quick-lxc-disks",
  ]);
  assert.deepEqual(waitsFor(program.find("zfs-dataset-quick-iso")), ["zfs-pool-quick"]);
  assert.deepEqual(waitsFor(program.find("zfs-storage-quick-iso")), ["zfs-dataset-quick-iso"]);
  assert.deepEqual(settingsOf(program.find("zfs-pool-quick")), mirror);
  assert.deepEqual(settingsOf(program.find("zfs-dataset-quick-lxc-disks")), {
    name: "quick/lxc-disks",
    properties: { quota: "600G", recordsize: "16K" },
  });
  assert.deepEqual(settingsOf(program.find("zfs-storage-quick-iso")), {
    content: ["iso", "vztmpl"],
    id: "quick-iso",
    location: "/quick/iso",
    makes: ["storage quick-iso"],
    type: "dir",
  });
  assert.deepEqual(settingsOf(program.find("zfs-storage-quick-lxc-disks")), {
    content: ["rootdir"],
    id: "quick-lxc-disks",
    makes: ["storage quick-lxc-disks"],
    location: "quick/lxc-disks",
    type: "zfspool",
  });
  assert.deepEqual(settingsOf(program.find("zfs-arc")), { arcMaxGb: 32 });
});

test("nothing that holds data has a delete step, and no script of the host destroys a pool or dataset", async () => {
  const program = await recordProgram(() => void zfs({ arcMaxGb: 32 }));
  for (const { name, inputs } of program.registered) {
    const holdsData = name.startsWith("zfs-pool-") || name.startsWith("zfs-dataset-");
    if (holdsData) assert.equal(inputs.delete, undefined, name);
    assert.doesNotMatch(JSON.stringify(inputs), /^ *z(pool|fs) destroy/m, name);
  }
});

test("what says destroy_on_teardown has a delete step, and nothing else", async () => {
  const gone = { ...dataset("iso", "quick-iso"), destroyOnTeardown: true as const };
  const program = await recordProgram(
    () =>
      void zfs({
        pool: { destroyOnTeardown: true },
        datasets: [dataset("lxc-disks", "quick-lxc-disks"), gone],
      }),
  );
  const deletes = program.registered
    .filter(({ name, inputs }) => inputs.delete !== undefined && !name.startsWith("zfs-storage-"))
    .map(({ name }) => name)
    .sort();
  assert.deepEqual(deletes, [
    ...["zfs-dataset-quick-iso", "zfs-pool-quick"],
    // Whose deletion tells a teardown from a replacement.
    ...["zfs-wanted-dataset-quick-iso", "zfs-wanted-pool-quick"],
  ]);
  assert.deepEqual(waitsFor(program.find("zfs-wanted-pool-quick")), ["zfs-pool-quick"]);
  assert.equal(program.find("zfs-pool-quick").options.deleteBeforeReplace, true);
  assert.match(String(program.find("zfs-dataset-quick-iso").inputs.delete), /^ *zfs destroy "\$name"/m);
  assert.match(String(program.find("zfs-pool-quick").inputs.delete), /^ *zpool destroy "\$name"/m);
  assert.deepEqual(settingsOf(program.find("zfs-pool-quick")), {
    ...mirror,
    makes: ["storage quick-iso", "storage quick-lxc-disks"],
  });
});

test("a nested dataset comes after its parent", async () => {
  const program = await recordProgram(
    () =>
      void zfs({
        datasets: [
          dataset("iso", "quick-iso"),
          dataset("iso/old", "o"),
          dataset("lxc-disks", "quick-lxc-disks"),
        ],
      }),
  );
  assert.deepEqual(waitsFor(program.find("zfs-dataset-quick-iso/old")), ["zfs-dataset-quick-iso"]);
});

test("each option of a pool reaches its script", async () => {
  const more: Partial<PoolSpec> = {
    vdevs: [
      { raidLevel: "mirror", disks: ["/dev/disk/by-id/a", "/dev/disk/by-id/b"] },
      { raidLevel: "mirror", disks: ["/dev/disk/by-id/c", "/dev/disk/by-id/d"] },
    ],
    wipeDisks: ["/dev/disk/by-id/d"],
    takeOverFrom: "oldhost",
    unequalDisks: true,
    scrub: "monthly",
  };
  const program = await recordProgram(() => void zfs({ pool: more }));
  assert.deepEqual(settingsOf(program.find("zfs-pool-quick")), { ...mirror, ...more });
});

test("without arc_max_gb the node's own limit stays", async () => {
  const program = await recordProgram(() => void zfs());
  assert.ok(!program.names.includes("zfs-arc"));
});
