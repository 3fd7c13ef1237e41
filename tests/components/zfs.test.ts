import assert from "node:assert/strict";
import { test } from "node:test";
import { Host } from "../../components/host";
import { Zfs } from "../../components/hypervisor/zfs/zfs";
import { recordProgram, settingsOf, waitsFor } from "./recorder";

const mirror = {
  name: "quick",
  raidLevel: "mirror" as const,
  disks: ["/dev/disk/by-id/a", "/dev/disk/by-id/b"],
};
const dataset = (name: string, storageId: string) => ({
  pool: "quick",
  name,
  fullName: `quick/${name}`,
  properties: { quota: "600G", recordsize: "16K" },
  mountpoint: `/quick/${name}`,
  storageId,
});

function zfs(arcMaxGb?: number) {
  const host = new Host({ address: "192.0.2.1", port: 22, user: "root", hostKey: "ssh-ed25519 AAAA" });
  return new Zfs("zfs", {
    host,
    arcMaxGb,
    pools: [mirror],
    datasets: [dataset("lxc-disks", "quick-lxc-disks"), dataset("iso", "quick-iso")],
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
  });
}

test("pool before dataset before storage, each with what the files say", async () => {
  const program = await recordProgram(() => void zfs(32));
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
    type: "dir",
  });
  assert.deepEqual(settingsOf(program.find("zfs-storage-quick-lxc-disks")), {
    content: ["rootdir"],
    id: "quick-lxc-disks",
    location: "quick/lxc-disks",
    type: "zfspool",
  });
  assert.deepEqual(settingsOf(program.find("zfs-arc")), { arcMaxGb: 32 });
});

test("nothing that holds data has a delete step, and no script of the host destroys a pool or dataset", async () => {
  const program = await recordProgram(() => void zfs(32));
  for (const { name, inputs } of program.registered) {
    const holdsData = name.startsWith("zfs-pool-") || name.startsWith("zfs-dataset-");
    if (holdsData) assert.equal(inputs.delete, undefined, name);
    assert.doesNotMatch(JSON.stringify(inputs), /zpool destroy|zfs destroy|wipefs -a|labelclear/, name);
  }
});

test("without arc_max_gb the node's own limit stays", async () => {
  const program = await recordProgram(() => void zfs());
  assert.ok(!program.names.includes("zfs-arc"));
});
