import { after, before, describe, it } from "node:test";
import type { StepBody } from "../../plan/step";
import { noLab } from "./node";
import { dataset, pool, storage, ZfsNode } from "./zfsNode";

/** A disk of the machine `attic`, by its model and serial. */
const id = (name: string) => `/dev/disk/by-id/ata-Lab_${name}`;
const blank1 = id("Blank_1TB_BLANK1");
const xfs = id("Old_1TB_XFS");
const boot = id("Boot_240GB_BOOT1");
const live = id("Old_1TB_LIVE");
const elsewhere: [string, string] = [id("Old_1TB_ELSEWHERE1"), id("Old_1TB_ELSEWHERE2")];
const takeOver =
  'pool archive was last used by oldhost (hostid 8f21ac02) and not exported there; nothing was changed: when that system is gone for good, add "take_over_from": "oldhost" to the pool in zfs.pools';
const single = (disk: string, more: Parameters<typeof pool>[3] = {}) => pool("new", "single", [disk], more);
const wiping = (disk: string) => single(disk, { wipeDisks: [disk] });

/** Of a pool that cannot be created: what is wrong with its disks, one a line. */
const cannot = (...wrong: string[]) =>
  `pool new cannot be created: ${wrong.join("\n  ")}; nothing was changed`;
const notBlank = (disk: string, device: string, found: string) =>
  cannot(
    `disk ${disk} (${device}) is not blank: ${found}; if all of that may be lost, add "wipe_disks": ["${disk}"] to the pool in zfs.pools`,
  );
const inUse = (disk: string, device: string, found: string) =>
  cannot(`disk ${disk} (${device}) is in use: ${found}; free it by hand, then run again`);
const starts = (disk: string, device: string, found: string) =>
  cannot(
    `disk ${disk} (${device}) is what this node starts from: ${found}; it is never used, whatever wipe_disks says`,
  );

/** A state of the host or a setting that would lose data or cannot work, and what is said of it. */
interface Refusal {
  name: string;
  step: StepBody;
  says: string | RegExp;
  before?: string;
  after?: string;
  /** Only the tool itself refuses it, when it is asked to do it. */
  checkCannotKnow?: true;
}

const guest = "/etc/pve/qemu-server/201.conf";
const refusals: Refusal[] = [
  {
    name: "a disk that is not there",
    step: single(id("gone")),
    says: cannot(`disk ${id("gone")} is not there; 'ls -l /dev/disk/by-id' lists this node's disks`),
  },
  {
    name: "two disks, both wrong: both are told",
    step: pool("new", "mirror", [id("gone"), xfs]),
    says: cannot(
      `disk ${id("gone")} is not there; 'ls -l /dev/disk/by-id' lists this node's disks`,
      `disk ${xfs} (/dev/sdk) is not blank: sdk holds a xfs file system (scratch); if all of that may be lost, add "wipe_disks": ["${xfs}"] to the pool in zfs.pools`,
    ),
  },
  {
    name: "the disk the node starts from",
    step: single(boot),
    says: starts(boot, "/dev/sda", "sda2 is mounted at /boot/efi; pve-root is mounted at /"),
  },
  {
    name: "the disk the node starts from, named for wiping",
    step: wiping(boot),
    says: starts(boot, "/dev/sda", "sda2 is mounted at /boot/efi; pve-root is mounted at /"),
  },
  {
    name: "the second disk of a mirrored start, of which nothing is mounted",
    step: wiping(id("Boot_240GB_BOOT2")),
    before: "echo A1B2-0002 >/etc/kernel/proxmox-boot-uuids",
    says: starts(id("Boot_240GB_BOOT2"), "/dev/sds", "sds1 is a boot partition of proxmox-boot-tool"),
    after: "rm /etc/kernel/proxmox-boot-uuids",
  },
  {
    name: "a partition with a file system",
    step: single(id("Old_1TB_EXT4")),
    says: notBlank(
      id("Old_1TB_EXT4"),
      "/dev/sdd",
      "a gpt partition table; sdd1 holds a ext4 file system (data)",
    ),
  },
  {
    name: "an old partition table with an empty partition",
    step: single(id("Old_1TB_DOS")),
    says: notBlank(id("Old_1TB_DOS"), "/dev/sdj", "a dos partition table; sdj1 is a partition"),
  },
  {
    name: "a file system without a partition",
    step: single(xfs),
    says: notBlank(xfs, "/dev/sdk", "sdk holds a xfs file system (scratch)"),
  },
  {
    name: "a disk of an exported pool",
    step: single(id("Old_1TB_EXPORTED")),
    says: notBlank(
      id("Old_1TB_EXPORTED"),
      "/dev/sdg",
      "a gpt partition table; sdg1 holds the label of ZFS pool tank; sdg9 is a partition",
    ),
  },
  {
    name: "a disk of another system's pool",
    step: single(elsewhere[0]),
    says: notBlank(
      elsewhere[0],
      "/dev/sdl",
      "a gpt partition table; sdl1 holds the label of ZFS pool archive; sdl9 is a partition",
    ),
  },
  {
    name: "what looks half-made, though not by us",
    step: single(id("Old_1TB_HALFMADE")),
    says: notBlank(
      id("Old_1TB_HALFMADE"),
      "/dev/sdp",
      "a gpt partition table; sdp1 is a partition; sdp9 is a partition",
    ),
  },
  {
    name: "a disk that is not blank, and another named for wiping",
    step: single(xfs, { wipeDisks: [blank1] }),
    says: notBlank(xfs, "/dev/sdk", "sdk holds a xfs file system (scratch)"),
  },
  {
    name: "a mounted disk, named for wiping",
    step: wiping(id("Old_1TB_MOUNTED")),
    says: inUse(id("Old_1TB_MOUNTED"), "/dev/sde", "sde1 is mounted at /mnt/photos"),
  },
  {
    name: "a disk of which one partition is mounted",
    step: wiping(id("Old_1TB_PARTED")),
    says: inUse(id("Old_1TB_PARTED"), "/dev/sdt", "sdt2 is mounted at /mnt/docs"),
  },
  {
    name: "an active volume group",
    step: wiping(id("Old_1TB_LVM")),
    says: inUse(id("Old_1TB_LVM"), "/dev/sdf", "the LVM volume old-backup is active"),
  },
  {
    name: "swap space",
    step: wiping(id("Old_1TB_SWAP")),
    says: inUse(id("Old_1TB_SWAP"), "/dev/sdh", "sdh1 is swap space"),
  },
  {
    name: "a running array",
    step: wiping(id("Old_1TB_ARRAY")),
    says: inUse(id("Old_1TB_ARRAY"), "/dev/sdi", "the array md127 runs on it"),
  },
  {
    name: "a disk of an imported pool",
    step: wiping(live),
    says: inUse(live, "/dev/sdn", "it belongs to the imported pool live"),
  },
  {
    name: "a disk that is given to a virtual machine, which is off",
    step: wiping(id("Old_1TB_GIVEN")),
    before: `echo 'scsi1: ${id("Old_1TB_GIVEN")},size=1T' >${guest}`,
    says: inUse(id("Old_1TB_GIVEN"), "/dev/sdr", "it is given to guest 201"),
    after: `rm ${guest}`,
  },
  {
    name: "one disk by two of its names",
    step: pool("new", "mirror", [blank1, "/dev/disk/by-id/wwn-0x5000c50000000002"]),
    says: cannot(
      "disk /dev/disk/by-id/wwn-0x5000c50000000002 is /dev/sdb, which the pool has already under another name",
    ),
  },
  {
    name: "a partition in the place of a disk",
    step: single(`${id("Old_1TB_EXT4")}-part1`),
    says: cannot(`disk ${id("Old_1TB_EXT4")}-part1 is a partition of /dev/sdd; name a whole disk`),
  },
  {
    name: "a mirror of different sizes",
    step: pool("new", "mirror", [blank1, id("Blank_500GB_SMALL")]),
    says: cannot(
      `the disks have different sizes (500107862016 to 1000204886016 bytes): the space beyond the smallest would be lost; if that is meant, set "unequal_disks": true for the pool`,
    ),
  },
  {
    name: "files where the pool is to be mounted",
    step: single(blank1),
    before: "mkdir /new; touch /new/file",
    says: "pool new cannot be created: the folder /new, where it is to be mounted, has files in it; nothing was changed: move them away, then run again",
    after: "rm -r /new",
  },
  {
    name: "a pool of the same name on other disks",
    step: pool("live", "single", [blank1]),
    says: "a pool named live is there already, on single (/dev/sdn), and not on what zfs.pools says (single (/dev/sdb)); nothing was changed: name the pool's own disks there, or give the new pool another name",
  },
  {
    name: "a pool that has fewer disks than the file",
    step: pool("live", "mirror", [live, blank1]),
    says: "a pool named live is there already, on single (/dev/sdn), and not on what zfs.pools says (mirror (/dev/sdb /dev/sdn)); nothing was changed: name the pool's own disks there, or give the new pool another name",
  },
  {
    name: "an exported pool of the same name on other disks",
    step: pool("tank", "single", [blank1]),
    says: /^another pool named tank \((\d+)\) waits on other disks to be imported; nothing was changed: give it another name \(zpool import \1 <name>\), or name its disks in zfs\.pools$/,
  },
  {
    name: "a pool that another system used last",
    step: pool("archive", "mirror", elsewhere),
    says: takeOver,
    checkCannotKnow: true,
  },
  {
    name: "a pool that another system used last, and the key names a third",
    step: pool("archive", "mirror", elsewhere, { takeOverFrom: "otherhost" }),
    says: takeOver,
    checkCannotKnow: true,
  },
  {
    name: "a dataset in a pool that is not imported",
    step: dataset("tank/films"),
    says: "the pool tank of dataset tank/films is not imported; nothing was changed: 'zpool import' shows what could be",
  },
  {
    name: "a dataset in a dataset that is missing",
    step: dataset("live/a/b"),
    says: "dataset live/a, in which live/a/b is to lie, does not exist; nothing was changed",
  },
  {
    name: "a property that cannot be changed any more",
    step: dataset("live/work", { compression: "off", casesensitivity: "sensitive" }),
    says: "dataset live/work has casesensitivity=insensitive, which is given when a dataset is made and cannot become sensitive; nothing was changed: write casesensitivity=insensitive, or move the data to a new dataset (zfs send | zfs receive)",
  },
  {
    name: "a quota below what is in use",
    step: dataset("live/work", { recordsize: "16K", quota: "50K" }),
    says: "dataset live/work uses 100.0K (102400 bytes), more than the quota of 50K (51200 bytes); nothing was changed: free space there, or raise the quota",
  },
  {
    name: "a refquota below what is in use",
    step: dataset("live/work", { refquota: "50K" }),
    says: "dataset live/work uses 100.0K (102400 bytes), more than the refquota of 50K (51200 bytes); nothing was changed: free space there, or raise the refquota",
  },
  {
    name: "a reservation of more than there is",
    step: dataset("live/work", { reservation: "10T" }),
    says: "dataset live/work: a reservation of 10T (10995116277760 bytes) is more than the 899.0G there is; nothing was changed: free space in the pool, or lower the reservation",
  },
  {
    name: "a volume in the place of a dataset",
    step: dataset("live/vol"),
    before: "zfs create -s -V 1G live/vol",
    says: "live/vol is a volume, not a dataset with files; nothing was changed: give the dataset another name in zfs.datasets",
    after: "zfs destroy live/vol",
  },
  {
    name: "a value that ZFS refuses",
    step: dataset("live/fresh", { recordsize: "3K" }),
    says: "dataset live/fresh could not be created; the message of zfs is above",
    checkCannotKnow: true,
  },
  {
    name: "a storage that somebody else made",
    step: storage("live/work", "dir", ["iso"], "local"),
    says: "storage local already exists as dir on /var/lib/vz, not as dir on /live/work, and this stack did not make it; it was left untouched: remove it by hand ('pvesm remove local' keeps its data) or give the dataset another id in proxmox_storage_ids",
  },
  {
    name: "an own storage that a guest uses changes its type",
    step: storage("live/work", "dir", ["images"]),
    before: `mkdir -p /var/lib/phoenix/storages; touch /var/lib/phoenix/storages/live-work; pvesm add zfspool live-work --pool live/work --content images; echo 'scsi0: live-work:vm-201-disk-0,size=1G' >${guest}`,
    says: "storage live-work already exists as zfspool on live/work, not as dir on /live/work, and guests' disks lie on it: guest 201; it was left untouched: move them to another storage first, or give the dataset another id in proxmox_storage_ids",
    after: `rm ${guest}; pvesm remove live-work`,
  },
  {
    name: "an own storage that holds a disk of no guest changes its type",
    step: storage("live/work", "dir", ["images"]),
    before:
      "pvesm add zfspool live-work --pool live/work --content images; zfs create -s -V 1G live/work/vm-300-disk-0",
    says: "storage live-work already exists as zfspool on live/work, not as dir on /live/work, and guests' disks lie on it: live-work:vm-300-disk-0; it was left untouched: move them to another storage first, or give the dataset another id in proxmox_storage_ids",
    after: "zfs destroy live/work/vm-300-disk-0; pvesm remove live-work",
  },
];

describe("ZFS: what is refused, and the host left as it was", { skip: noLab }, () => {
  let node!: ZfsNode;
  before(async () => {
    node = await ZfsNode.start("attic");
  });
  after(() => node.stop());

  for (const { name, step, says, before: prepare, after: undo, checkCannotKnow } of refusals) {
    it(name, async () => {
      if (prepare) await node.sh(prepare);
      await node.refuse(step, says, { check: checkCannotKnow !== true });
      if (undo) await node.sh(undo);
    });
  }
});
