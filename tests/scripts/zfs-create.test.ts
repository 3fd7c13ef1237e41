import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { poolStep } from "../../components/hypervisor/zfs/pool/step";
import { noLab } from "./node";
import { pool, ZfsNode } from "./zfsNode";

/** A disk of the machine `attic`, by its model and serial. */
const id = (name: string) => `/dev/disk/by-id/ata-Lab_${name}`;
const [blank1, blank2, small] = [id("Blank_1TB_BLANK1"), id("Blank_1TB_BLANK2"), id("Blank_500GB_SMALL")];
const [ext4, dos, xfs] = [id("Old_1TB_EXT4"), id("Old_1TB_DOS"), id("Old_1TB_XFS")];

describe("ZFS: pools made on blank disks, and on those that are named for wiping", { skip: noLab }, () => {
  let node!: ZfsNode;
  before(async () => {
    node = await ZfsNode.start("attic");
  });
  after(() => node.stop());

  /** What the disks that are not meant hold. */
  const others = (...mine: string[]) =>
    node.sh(`lsblk -o NAME,FSTYPE,LABEL,MOUNTPOINTS | grep -vE '${mine.join("|")}'`);

  it("three disks with something on them, all named: wiped, and no other disk", async () => {
    const vault = pool("vault", "raidz1", [dos, ext4, xfs], { wipeDisks: [dos, ext4, xfs] });
    const before = await others("sdj", "sdd", "sdk");
    await node.converge(vault, [
      `wiped disk ${dos} for pool vault`,
      `wiped disk ${ext4} for pool vault`,
      `wiped disk ${xfs} for pool vault`,
      "created pool vault (raidz1, 3 disks)",
    ]);
    assert.equal(await others("sdj", "sdd", "sdk"), before);
    assert.match(await node.sh("zpool status vault"), /\t {2}raidz1-0 +ONLINE/);
  });

  it("the names stay in the file: what is in the pool by then is never wiped", async () => {
    const vault = pool("vault", "raidz1", [dos, ext4, xfs], { wipeDisks: [dos, ext4, xfs] });
    await node.sh("echo kept > /vault/file; zpool export vault");
    await node.converge(vault, ["imported pool vault"]);
    await node.sh("zpool destroy vault");
    await node.refuse(
      vault,
      /^pool vault cannot be created: disk \S+_DOS \(\/dev\/sdj\) has the label of a pool vault that cannot be imported, and is not wiped even when it is named for it: 'zpool import -D' may bring the pool back;/,
    );
    await node.sh("zpool import -D vault");
    assert.equal(await node.sh("cat /vault/file"), "kept\n");
  });

  it("a pool of several parts", async () => {
    const both = poolStep({
      name: "wide",
      vdevs: [
        { raidLevel: "single", disks: [blank1] },
        { raidLevel: "single", disks: [blank2] },
      ],
      ...{ properties: { atime: "off", compression: "zstd" }, autotrim: "off" },
    });
    await node.converge(both, ["created pool wide (single, 1 disk; single, 1 disk)"]);
    assert.match(
      await node.sh("zpool status wide"),
      /wide {2}.*\n\t {2}ata-Lab_Blank_1TB_BLANK1 .*\n\t {2}ata-Lab_Blank_1TB_BLANK2 /,
    );
    assert.equal(
      await node.sh("zpool get -H -o value autotrim wide; zfs get -H -o value compression wide"),
      "off\nzstd\n",
    );
    await node.converge(pool("wide", "single", [blank1, blank2], { properties: {}, autotrim: "off" }), []);
    await node.refuse(
      pool("wide", "mirror", [blank1, blank2]),
      "pool wide is laid out as single (/dev/sdb) + single (/dev/sdc), not as mirror (/dev/sdb /dev/sdc), and ZFS cannot change that; nothing was changed: write raid_level and vdevs in zfs.pools as the pool is, or move its data to a new pool",
    );
    await node.sh("zpool destroy wide; wipefs -aq /dev/sdb1 /dev/sdb /dev/sdc1 /dev/sdc");
  });

  it("disks of different sizes, when that is said", async () => {
    await node.converge(pool("odd", "mirror", [blank1, small], { unequalDisks: true }), [
      "created pool odd (mirror, 2 disks)",
    ]);
    await node.sh("zpool destroy odd; wipefs -aq /dev/sdb1 /dev/sdb /dev/sdo1 /dev/sdo");
  });

  it("what is in use is free after the user let go of it", async () => {
    const photos = id("Old_1TB_MOUNTED");
    const lvm = id("Old_1TB_LVM");
    const both = pool("freed", "mirror", [photos, lvm], { wipeDisks: [photos, lvm] });
    await node.refuse(both, /sde1 is mounted at \/mnt\/photos.*\n.*the LVM volume old-backup is active/);
    await node.sh("umount /mnt/photos; vgchange -an old");
    await node.converge(both, [
      `wiped disk ${photos} for pool freed`,
      `wiped disk ${lvm} for pool freed`,
      "created pool freed (mirror, 2 disks)",
    ]);
  });

  it("what a creation of ours left half-made is used again", async () => {
    const half = id("Old_1TB_HALFMADE");
    await node.sh(`mkdir -p /var/lib/phoenix/zfs; echo ${half} > /var/lib/phoenix/zfs/halfway.creating`);
    await node.converge(pool("halfway", "single", [half]), [
      `wiped disk ${half} for pool halfway`,
      "created pool halfway (single, 1 disk)",
    ]);
    assert.equal(await node.sh("ls /var/lib/phoenix/zfs"), "");
    // As a run leaves it that is cut off right behind the creation: with it, a disk may be wiped.
    await node.sh(`echo ${half} > /var/lib/phoenix/zfs/halfway.creating`);
    await node.converge(pool("halfway", "single", [half]), [
      "removed the note that pool halfway is being created",
    ]);
    assert.equal(await node.sh("ls /var/lib/phoenix/zfs"), "");
  });

  it("a note of ours does not condemn a disk that has something else by now", async () => {
    const parted = id("Old_1TB_PARTED");
    await node.sh(
      `umount /mnt/docs; mkdir -p /var/lib/phoenix/zfs; echo ${parted} > /var/lib/phoenix/zfs/later.creating`,
    );
    await node.refuse(
      pool("later", "single", [parted]),
      /is not blank: a gpt partition table; sdt1 holds a ext4/,
    );
  });

  it("scrubs by a timer, and not twice", async () => {
    const vault = (scrub: "weekly" | "monthly" | "off") =>
      pool("vault", "raidz1", [dos, ext4, xfs], { scrub });
    const [weekly, monthly] = ["weekly", "monthly"].map((when) => `zfs-scrub-${when}@vault.timer`);
    await node.converge(vault("monthly"), [
      `pool vault: scrubbed monthly (${monthly} on)`,
      "pool vault org.debian:periodic-scrub: - -> disable",
    ]);
    assert.equal(
      await node.sh(`systemctl is-enabled ${monthly}; systemctl is-active ${monthly}`),
      "enabled\nactive\n",
    );
    await node.converge(vault("weekly"), [
      `pool vault: scrubbed weekly (${weekly} on)`,
      `pool vault: not scrubbed monthly any more (${monthly} off)`,
    ]);
    await node.sh(`systemctl disable --now ${weekly}`);
    await node.converge(
      vault("weekly"),
      [`pool vault: scrubbed weekly (${weekly} on)`],
      ["pool vault scrub: is not weekly, wanted weekly"],
    );
    await node.sh("zfs set org.debian:periodic-scrub=auto vault");
    await node.converge(
      vault("off"),
      [
        `pool vault: not scrubbed weekly any more (${weekly} off)`,
        "pool vault org.debian:periodic-scrub: auto -> disable",
      ],
      [
        "pool vault scrub: is weekly, wanted off",
        "pool vault org.debian:periodic-scrub: is auto, wanted disable",
      ],
    );
    await node.sh("zpool scrub vault");
    assert.match(
      (await node.up(vault("off"))).result?.scan ?? "",
      /^scrub repaired 0B in 00:00:00 with 0 errors on /,
    );
  });
});
