import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { Node, noLab } from "./node";

const scripts = "hypervisor/zfs/scripts";
const disk = (serial: string) => `/dev/disk/by-id/nvme-Samsung_SSD_990_EVO_Plus_${serial}`;
const mirror = {
  name: "quickOS",
  raidLevel: "mirror",
  disks: [disk("2TB_S7U6NJ0Y320880M"), disk("2TB_S7U6NJ0Y310536X")],
};
const dataset = {
  name: "quickOS/lxc-disks",
  properties: { compression: "lz4", quota: "600G", recordsize: "16K", sync: "standard" },
};
const storage = {
  id: "quickOS-lxc-disks",
  type: "zfspool",
  location: "quickOS/lxc-disks",
  content: ["rootdir"],
};

describe("ZFS scripts: converge, again, repair", { skip: noLab }, () => {
  let node!: Node;
  before(async () => {
    node = Node.start();
    const prepared = await node.script(["hypervisor/scripts/prepare.sh"], {});
    assert.equal(prepared.code, 0, prepared.stderr);
  });
  after(() => node.stop());

  /** Converges, and once more: the second time nothing is done. */
  const converge = async (file: string, settings: unknown, did: string[]) => {
    const first = await node.script([`${scripts}/${file}`], settings);
    assert.deepEqual(first.result, { changed: did.length > 0, did }, first.stderr);
    const second = await node.script([`${scripts}/${file}`], settings);
    assert.deepEqual(second.result, { changed: false, did: [] }, second.stderr);
  };
  const refused = async (file: string, settings: unknown, message: RegExp) => {
    const answer = await node.script([`${scripts}/${file}`], settings);
    assert.notEqual(answer.code, 0);
    assert.equal(answer.result, undefined);
    assert.match(answer.stderr, message);
  };

  it("a pool is created with the original's properties", async () => {
    await converge("pool.sh", mirror, ["created pool quickOS (mirror, 2 disks)"]);
    const status = await node.sh("zpool status quickOS");
    assert.match(status, /mirror-0 +ONLINE/);
    assert.equal(await node.sh("zpool get -H -o value autotrim quickOS"), "on\n");
    assert.equal(await node.sh("zfs get -H -o value compression,atime quickOS"), "lz4\noff\n");
  });

  it("a changed property of a pool is brought back", async () => {
    await node.sh("zfs set atime=on quickOS");
    await converge("pool.sh", mirror, ["pool quickOS: atime off -> on".replace("off -> on", "on -> off")]);
  });

  it("an exported pool is imported, not created", async () => {
    await node.sh("zpool export quickOS");
    await converge("pool.sh", mirror, ["imported pool quickOS"]);
  });

  it("a disk that is missing or in use is refused and nothing is changed", async () => {
    const before = await node.sh("zpool list -H");
    await refused("pool.sh", { name: "other", raidLevel: "single", disks: [disk("gone")] }, /is not there/);
    await refused(
      "pool.sh",
      { name: "other", raidLevel: "single", disks: mirror.disks.slice(0, 1) },
      /already belongs to a pool; nothing was changed/,
    );
    assert.equal(await node.sh("zpool list -H"), before);
  });

  it("a dataset is created and its properties follow the file", async () => {
    await converge("dataset.sh", dataset, ["created dataset quickOS/lxc-disks"]);
    assert.equal(
      await node.sh("zfs get -H -p -o value recordsize,compression,sync,quota quickOS/lxc-disks"),
      "16384\nlz4\nstandard\n644245094400\n",
    );
    const grown = { ...dataset, properties: { ...dataset.properties, quota: "1.4T" } };
    await converge("dataset.sh", grown, ["dataset quickOS/lxc-disks: quota 644245094400 -> 1.4T"]);
    await converge("dataset.sh", dataset, ["dataset quickOS/lxc-disks: quota 1539316278886 -> 600G"]);
  });

  it("a quota below what is in use is refused and the data stays", async () => {
    await node.sh("head -c 3M /dev/urandom > /quickOS/lxc-disks/data");
    const small = { ...dataset, properties: { quota: "1M" } };
    await refused("dataset.sh", small, /size is less than current used or reserved space/);
    assert.equal(await node.sh("stat -c %s /quickOS/lxc-disks/data"), "3145728\n");
  });

  it("a storage is added, its content follows, another one of its name is refused", async () => {
    await converge("storage.sh", storage, ["added storage quickOS-lxc-disks (zfspool, quickOS/lxc-disks)"]);
    const more = { ...storage, content: ["images", "rootdir"] };
    await converge("storage.sh", more, ["storage quickOS-lxc-disks: content rootdir -> images,rootdir"]);
    await refused(
      "storage.sh",
      { ...storage, location: "quickOS/other" },
      /already exists as zfspool on quickOS\/lxc-disks, not as zfspool on quickOS\/other/,
    );
  });

  it("removing a storage keeps the dataset; a foreign storage stays", async () => {
    await converge("storage-remove.sh", { id: storage.id }, [
      "removed storage quickOS-lxc-disks; its data stays",
    ]);
    assert.equal(await node.sh("zfs list -H -o name quickOS/lxc-disks"), "quickOS/lxc-disks\n");
    assert.equal(await node.sh("stat -c %s /quickOS/lxc-disks/data"), "3145728\n");
    await converge("storage-remove.sh", { id: "local" }, []);
    assert.match(await node.sh("cat /etc/pve/storage.cfg"), /^dir: local$/m);
  });

  it("the ARC limit is live and kept, and goes back to what it was", async () => {
    const parameter = "/sys/module/zfs/parameters/zfs_arc_max";
    const was = await node.sh(`cat ${parameter}`);
    await converge("arc.sh", { arcMaxGb: 32 }, [
      "wrote /etc/modprobe.d/zz-phoenix-zfs.conf",
      `zfs_arc_max ${was.trim()} -> 34359738368`,
    ]);
    assert.match(
      await node.sh("cat /etc/modprobe.d/zz-phoenix-zfs.conf"),
      /^options zfs zfs_arc_max=34359738368$/m,
    );
    await converge("arc-remove.sh", {}, ["removed /etc/modprobe.d/zz-phoenix-zfs.conf"]);
    assert.equal(await node.sh(`cat ${parameter}`), was);
  });
});
