import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { wantedStep } from "../../components/hypervisor/zfs/wanted/step";
import { noLab } from "./node";
import { arc, dataset, pool, storage, ZfsNode } from "./zfsNode";

const byId = "/dev/disk/by-id/nvme-Samsung_SSD_990_EVO_Plus_";
const disks = [`${byId}2TB_S7U6NJ0Y310536X`, `${byId}2TB_S7U6NJ0Y320880M`];
const quick = pool("quickOS", "mirror", disks);
const guests = dataset("quickOS/lxc-disks", {
  ...{ compression: "lz4", quota: "600G", recordsize: "16K", sync: "standard" },
});
const entry = storage("quickOS/lxc-disks", "zfspool", ["rootdir"]);
const data = "/quickOS/lxc-disks/data";

describe("ZFS: converge, again, verify, break, repair, remove", { skip: noLab }, () => {
  let node!: ZfsNode;
  before(async () => {
    node = await ZfsNode.start();
  });
  after(() => node.stop());

  it("a pool is created with the original's properties, and the wear of its disks is told", async () => {
    await node.converge(
      quick,
      ["created pool quickOS (mirror, 2 disks)"],
      ["pool quickOS: is missing, wanted mirror, 2 disks"],
    );
    assert.match(await node.sh("zpool status quickOS"), /mirror-0 +ONLINE/);
    assert.equal(await node.sh("zpool get -H -o value autotrim quickOS"), "on\n");
    assert.equal(await node.sh("zfs get -H -o value compression,atime quickOS"), "lz4\noff\n");
    const { result, stderr } = await node.up(quick);
    assert.deepEqual(result, {
      changed: false,
      did: [],
      health: "ONLINE",
      disks: [2208, 2210].map((hours, index) => ({
        ...{ disk: disks[index], wearPercent: 1, sparePercent: 100, hours, mediaErrors: 0, failing: false },
      })),
    });
    assert.match(stderr, /S7U6NJ0Y320880M: 1 % worn, 100 % spare, 2210 hours/);
  });

  it("a dataset is created and its properties follow the file", async () => {
    await node.converge(
      guests,
      ["created dataset quickOS/lxc-disks"],
      ["dataset quickOS/lxc-disks: is missing, wanted there"],
    );
    assert.equal(
      await node.sh("zfs get -H -p -o value recordsize,compression,sync,quota quickOS/lxc-disks"),
      "16384\nlz4\nstandard\n644245094400\n",
    );
    await node.sh(`head -c 3M /dev/urandom > ${data}; echo precious > /quickOS/lxc-disks/text`);
    const grown = dataset("quickOS/lxc-disks", { quota: "1.4T", recordsize: "16K" });
    await node.converge(grown, ["dataset quickOS/lxc-disks quota: 644245094400 -> 1.4T"]);
    await node.converge(guests, ["dataset quickOS/lxc-disks quota: 1539316278886 -> 600G"]);
  });

  it("what somebody changed by hand is brought back, and only that", async () => {
    await node.sh(
      "zpool set autotrim=off quickOS; zfs set atime=on quickOS; zfs set sync=disabled recordsize=1M quickOS/lxc-disks",
    );
    await node.converge(
      quick,
      ["pool quickOS autotrim: off -> on", "pool quickOS atime: on -> off"],
      ["pool quickOS autotrim: is off, wanted on", "pool quickOS atime: is on, wanted off"],
    );
    await node.converge(
      guests,
      [
        "dataset quickOS/lxc-disks recordsize: 1048576 -> 16K",
        "dataset quickOS/lxc-disks sync: disabled -> standard",
      ],
      [
        "dataset quickOS/lxc-disks recordsize: is 1048576, wanted 16K",
        "dataset quickOS/lxc-disks sync: is disabled, wanted standard",
      ],
    );
  });

  it("an unmounted or moved dataset is mounted where it belongs", async () => {
    await node.sh("zfs unmount quickOS/lxc-disks");
    await node.converge(
      guests,
      ["mounted dataset quickOS/lxc-disks"],
      ["dataset quickOS/lxc-disks: is not mounted, wanted mounted"],
    );
    await node.sh("zfs set mountpoint=/srv/elsewhere quickOS/lxc-disks");
    await node.converge(
      guests,
      ["dataset quickOS/lxc-disks mountpoint: /srv/elsewhere -> /quickOS/lxc-disks"],
      ["dataset quickOS/lxc-disks mountpoint: is /srv/elsewhere, wanted /quickOS/lxc-disks"],
    );
    await node.sh(
      "zfs unmount quickOS/lxc-disks; mkdir -p /quickOS/lxc-disks; touch /quickOS/lxc-disks/stray",
    );
    await node.converge(guests, ["mounted dataset quickOS/lxc-disks"], undefined, [
      "the folder /quickOS/lxc-disks has files on the root disk; the mounted dataset quickOS/lxc-disks hides them",
    ]);
    assert.equal(await node.sh("cat /quickOS/lxc-disks/text"), "precious\n");
  });

  it("a storage is added and its content follows", async () => {
    await node.converge(entry, ["added storage quickOS-lxc-disks (zfspool, quickOS/lxc-disks)"]);
    const more = storage("quickOS/lxc-disks", "zfspool", ["images", "rootdir"]);
    await node.converge(more, ["storage quickOS-lxc-disks content: rootdir -> images,rootdir"]);
    await node.converge(
      entry,
      ["storage quickOS-lxc-disks content: images,rootdir -> rootdir"],
      ["storage quickOS-lxc-disks content: is images,rootdir, wanted rootdir"],
    );
    await node.sh("pvesm remove quickOS-lxc-disks");
    await node.converge(
      entry,
      ["added storage quickOS-lxc-disks (zfspool, quickOS/lxc-disks)"],
      ["storage quickOS-lxc-disks: is missing, wanted zfspool on quickOS/lxc-disks"],
    );
  });

  it("an own storage without guests changes its type", async () => {
    const dir = storage("quickOS/lxc-disks", "dir", ["iso"]);
    await node.converge(
      dir,
      [
        "removed storage quickOS-lxc-disks, which was zfspool on quickOS/lxc-disks",
        "added storage quickOS-lxc-disks (dir, /quickOS/lxc-disks)",
      ],
      ["storage quickOS-lxc-disks: is zfspool on quickOS/lxc-disks, wanted dir on /quickOS/lxc-disks"],
    );
    assert.match(
      await node.sh("cat /etc/pve/storage.cfg"),
      /^dir: quickOS-lxc-disks\n\tpath \/quickOS\/lxc-disks$/m,
    );
    await node.converge(entry, [
      "removed storage quickOS-lxc-disks, which was dir on /quickOS/lxc-disks",
      "added storage quickOS-lxc-disks (zfspool, quickOS/lxc-disks)",
    ]);
  });

  it("the note that a dataset is wanted is written again", async () => {
    const note = "/var/lib/phoenix/zfs/wanted/quickOS%lxc-disks";
    const step = wantedStep("quickOS/lxc-disks");
    const noted = ["noted that quickOS/lxc-disks is wanted"];
    await node.converge(step, noted, [`${note}: is missing, wanted as Phoenix wrote it`]);
    await node.sh(`echo >${note}`);
    await node.converge(step, noted, [`${note}: is edited by hand, wanted as Phoenix wrote it`]);
    await node.remove(step);
  });

  it("an exported pool is imported with everything in it, not created", async () => {
    await node.sh("zpool export quickOS");
    await node.converge(quick, ["imported pool quickOS"], ["pool quickOS: is not imported, wanted imported"]);
    await node.converge(guests, []);
    assert.equal(await node.sh(`cat /quickOS/lxc-disks/text; stat -c %s ${data}`), "precious\n3145728\n");
  });

  it("removing a storage keeps the dataset; a foreign storage stays", async () => {
    const gone = await node.remove(entry);
    assert.deepEqual(gone.result, {
      changed: true,
      did: ["removed storage quickOS-lxc-disks; its data stays"],
    });
    assert.deepEqual((await node.remove(entry)).result, { changed: false, did: [] });
    assert.equal(await node.sh(`stat -c %s ${data}`), "3145728\n");
    assert.deepEqual((await node.remove(storage("local", "dir", ["iso"]))).result, {
      changed: false,
      did: [],
    });
    assert.match(await node.sh("cat /etc/pve/storage.cfg"), /^dir: local$/m);
  });

  it("the ARC limit is live, kept and in the initramfs, and goes back to what it was", async () => {
    const parameter = "/sys/module/zfs/parameters/zfs_arc_max";
    const file = "/etc/modprobe.d/zz-phoenix-zfs.conf";
    const was = await node.sh(`cat ${parameter}`);
    const limit = [`wrote ${file}`, "initramfs rebuilt", `zfs_arc_max: ${was.trim()} -> 1073741824`];
    const first = await node.up(arc(1));
    assert.deepEqual(first.result?.did, limit, first.stderr);
    await node.converge(arc(1), []);
    assert.equal(
      await node.sh(`cat ${file} ${parameter}`),
      "# Written by Phoenix from zfs.arc_max_gb.\noptions zfs zfs_arc_max=1073741824\n1073741824\n",
    );
    await node.sh(`echo 5 > ${parameter}`);
    await node.converge(arc(1), ["zfs_arc_max: 5 -> 1073741824"], ["zfs_arc_max: is 5, wanted 1073741824"]);
    await node.sh(`rm ${file}`);
    await node.converge(
      arc(1),
      [`wrote ${file}`, "initramfs rebuilt"],
      [`${file} zfs_arc_max: is missing, wanted 1073741824`],
    );
    assert.deepEqual((await node.remove(arc(1))).result, { changed: true, did: [`removed ${file}`] });
    assert.equal(await node.sh(`cat ${parameter}; find /var/lib/phoenix -name 'arc*'`), was);
  });

  it("a limit that ZFS would ignore, or that is more than half of the memory, is told", async () => {
    const memory = Number(await node.sh("awk '/^MemTotal:/ { print int($2 / 1024) }' /proc/meminfo"));
    const gib = Math.ceil(memory / 1024);
    const { result } = await node.up(arc(gib));
    assert.deepEqual(result?.warnings, [
      `arc_max_gb is ${gib} GiB, and this node has ${memory} MiB of memory: ZFS ignores such a limit`,
    ]);
    const half = Math.floor(memory / 1024);
    assert.deepEqual((await node.up(arc(half))).result?.warnings, [
      `arc_max_gb is ${half} GiB, more than half of this node's memory (${memory} MiB)`,
    ]);
  });
});
