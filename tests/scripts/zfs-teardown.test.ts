import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { settingsText, scriptText } from "../../components/host/script";
import type { StepBody } from "../../plan/step";
import { noLab } from "./node";
import { arc, dataset, pool, storage, ZfsNode } from "./zfsNode";

const byId = "/dev/disk/by-id/nvme-Samsung_SSD_990_EVO_Plus_";
const fast = pool("fast", "single", [`${byId}4TB_S7U8NJ0Y402334Y`], { destroyOnTeardown: true });
const kept = dataset("fast/kept");
const gone = dataset("fast/gone", {}, { destroyOnTeardown: true });
const entry = storage("fast/gone", "zfspool", ["images", "rootdir"]);
const guest = "/etc/pve/lxc/300.conf";

describe("ZFS: what goes with destroy_on_teardown, and what stops it", { skip: noLab }, () => {
  let node!: ZfsNode;
  before(async () => {
    node = await ZfsNode.start();
    for (const step of [fast, kept, gone, entry]) await node.up(step);
    await node.sh("echo kept >/fast/kept/file; echo gone >/fast/gone/file");
  });
  after(() => node.stop());

  const refusals: [name: string, step: StepBody, says: string, before?: string, after?: string][] = [
    [
      "a dataset that a storage lies on",
      gone,
      "dataset fast/gone is the place of Proxmox VE's storage fast-gone; nothing was destroyed: take that storage out first (pvesm remove)",
    ],
    [
      "a dataset with a guest's volume",
      gone,
      "dataset fast/gone holds more than this stack made for it: fast/gone/subvol-300-disk-0; nothing was destroyed: move or destroy that by hand, then run again",
      "zfs create fast/gone/subvol-300-disk-0",
      "zfs destroy fast/gone/subvol-300-disk-0",
    ],
    [
      "a dataset with snapshots",
      gone,
      "dataset fast/gone has snapshots: fast/gone@before; fast/gone@later; nothing was destroyed: 'zfs destroy' those that nobody needs, then run again",
      "zfs snapshot fast/gone@before; zfs snapshot fast/gone@later",
      "zfs destroy fast/gone@before; zfs destroy fast/gone@later",
    ],
    [
      "a dataset that a guest mounts a folder of",
      gone,
      "dataset fast/gone is used by guest 300; nothing was destroyed: take it out of the guest first",
      `pvesm remove fast-gone; mkdir -p /fast/gone/m; echo 'mp0: /fast/gone/m,mp=/m' >${guest}`,
      `rm -r ${guest} /fast/gone/m; pvesm add zfspool fast-gone --pool fast/gone --content images,rootdir`,
    ],
    [
      "a pool with datasets that stay",
      fast,
      "pool fast holds more than this stack made for it: fast/gone; fast/kept; nothing was destroyed: move or destroy that by hand, then run again",
    ],
  ];
  for (const [name, step, says, prepare, undo] of refusals) {
    it(`refused: ${name}`, async () => {
      if (prepare) await node.sh(prepare);
      await node.refuse(step, says, { how: "remove" });
      if (undo) await node.sh(undo);
      assert.equal(await node.sh("cat /fast/gone/file /fast/kept/file"), "gone\nkept\n");
    });
  }

  it("a storage that a guest still uses stays, and that is said", async () => {
    await node.sh(`echo 'rootfs: fast-gone:subvol-300-disk-0,size=1G' >${guest}`);
    assert.deepEqual((await node.remove(entry)).result, {
      ...{ changed: false, did: [] },
      warnings: ["storage fast-gone is still used by guest 300: kept"],
    });
    await node.sh(`rm ${guest}`);
  });

  it("a dataset goes with its data, and nothing beside it", async () => {
    assert.deepEqual((await node.remove(entry)).result?.did, ["removed storage fast-gone; its data stays"]);
    assert.deepEqual((await node.remove(gone)).result, {
      changed: true,
      did: ["destroyed dataset fast/gone"],
    });
    assert.deepEqual((await node.remove(gone)).result, { changed: false, did: [] });
    assert.equal(await node.sh("zfs list -H -o name; cat /fast/kept/file"), "fast\nfast/kept\nkept\n");
  });

  it("a pool goes when nothing is in it, can be brought back, and its disks serve again", async () => {
    await node.sh("zfs destroy fast/kept; echo root >/fast/file");
    assert.deepEqual((await node.remove(fast)).result, { changed: true, did: ["destroyed pool fast"] });
    assert.deepEqual((await node.remove(fast)).result, { changed: false, did: [] });
    await node.sh("zpool import -D fast");
    assert.equal(await node.sh("cat /fast/file"), "root\n");
    assert.deepEqual((await node.remove(fast)).result?.did, ["destroyed pool fast"]);
    await node.converge(fast, [
      `wiped disk ${byId}4TB_S7U8NJ0Y402334Y for pool fast`,
      "created pool fast (single, 1 disk)",
    ]);
    assert.equal(await node.sh("ls /fast; zpool import -D 2>&1"), "no pools available to import\n");
  });
});

describe("ZFS: killed at any moment, it finishes with the next run", { skip: noLab }, () => {
  let node!: ZfsNode;
  before(async () => {
    node = await ZfsNode.start();
  });
  after(() => node.stop());

  const disks = ["2TB_S7U6NJ0Y310536X", "2TB_S7U6NJ0Y320880M"].map((serial) => `${byId}${serial}`);
  const steps = [
    pool("quick", "mirror", disks, { scrub: "monthly" }),
    dataset("quick/lxc", { quota: "600G", recordsize: "16K" }),
    storage("quick/lxc", "zfspool", ["rootdir"]),
    arc(1),
  ];

  /** Ends a step by SIGKILL, with everything it started, after a time. */
  const killed = (step: StepBody, ms: number) =>
    node.exec(
      ["timeout", "-s", "KILL", `${(ms / 1000).toFixed(3)}s`, "bash", "-c", scriptText(step.script)],
      settingsText(step.settings),
    );

  it("created: after each of many kills the same state comes about, nothing twice", async () => {
    for (const step of steps) {
      for (let round = 0; round < 4; round += 1) await killed(step, 50 + Math.random() * 900);
      const last = await node.up(step);
      assert.equal(last.code, 0, last.stderr);
      await node.converge(step, []);
    }
    assert.equal(await node.sh("zpool list -H -o name"), "quick\n");
    assert.equal(await node.sh("zfs list -H -o name"), "quick\nquick/lxc\n");
    assert.equal(await node.sh("grep -c quick-lxc /etc/pve/storage.cfg"), "1\n");
    assert.equal(await node.sh("cat /etc/modprobe.d/*.conf | grep -c zfs_arc_max"), "1\n");
    assert.equal(
      await node.sh(
        "find /var/lib/phoenix /etc/modprobe.d -name '*.creating' -o -name '*stale' -o -name '.phoenix*'",
      ),
      "",
    );
  });

  it("repaired: data and everything else survive", async () => {
    await node.sh("echo precious >/quick/lxc/file");
    for (let round = 0; round < 6; round += 1) {
      await node.sh(
        "zpool export quick || true; zpool import quick || true; zfs set atime=on quick; zfs set sync=always recordsize=1M quick/lxc",
      );
      for (const step of steps.slice(0, 2)) await killed(step, 50 + Math.random() * 900);
      for (const step of steps) assert.equal((await node.up(step)).code, 0);
      assert.equal(
        await node.sh("cat /quick/lxc/file; zfs get -H -o value recordsize quick/lxc"),
        "precious\n16K\n",
      );
    }
    for (const step of steps) await node.converge(step, []);
  });

  it("a dropped connection leaves the script to its end", async () => {
    await node.sh("zfs set atime=on quick");
    const client = await node.connect();
    const [step] = steps as [StepBody];
    await new Promise<void>((resolve, reject) => {
      client.exec(scriptText(step.script), (error, channel) => {
        if (error) return reject(error);
        channel.end(settingsText(step.settings));
        setTimeout(() => {
          client.end();
          resolve();
        }, 100);
      });
    });
    const again = await node.up(step);
    assert.equal(again.code, 0, again.stderr);
    await node.converge(step, []);
  });
});
