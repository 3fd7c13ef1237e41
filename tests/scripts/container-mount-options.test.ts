/* Options of the mounts of root disk and volumes that its entry may leave to Proxmox VE, or to somebody else. */
import { after, before, describe, it } from "node:test";
import { create, fetchTemplate, net0, rootDisks } from "./container-node";
import { Converged, ctid, type KeyRow, proveRows } from "./key-rows";
import { Node, noLab, tag } from "./node";

const volume = { name: "data", pool: "tank-guests", size_gb: 2, mount_point: "/srv/data" };

/** `mp0` with these words, in whatever order. */
const mount = (...words: string[]) =>
  new RegExp(
    `^mp0: tank-guests:subvol-900-disk-0${words.map((word) => `(?=.*,${word}(,|$))`).join("")}`,
    "m",
  );

/** `rootfs` with its size and these words; Proxmox VE writes the line as it was given. */
const root = (...words: string[]) =>
  new RegExp(
    `^rootfs: tank-lxc:subvol-900-disk-0(?=.*,size=${storage_size_gb}G(,|$))${words.map((word) => `(?=.*,${word}(,|$))`).join("")}`,
    "m",
  );

const storage_size_gb = 10;

const rootByHand = (options: string) =>
  `pct set ${ctid} --rootfs $(sed -n 's/^rootfs: \\([^,]*\\),.*/\\1/p' /etc/pve/lxc/${ctid}.conf | head -n 1),size=${storage_size_gb}G,${options}`;

const byHand = (options: string) =>
  `pct set ${ctid} --mp0 $(sed -n 's/^mp0: \\([^,]*\\),.*/\\1/p' /etc/pve/lxc/${ctid}.conf | head -n 1),mp=/srv/data,${options}`;

const rows: KeyRow[] = [
  {
    key: "volumes",
    value: [{ ...volume, backup: true, acl: true, mountoptions: ["noatime", "nodev"] }],
    other: [{ ...volume, backup: false, quota: false, replicate: false, mountoptions: ["noexec"] }],
    line: mount("backup=1", "acl=1", "mountoptions=noatime;nodev"),
    otherLine: mount("backup=0", "quota=0", "replicate=0", "mountoptions=noexec"),
    without: /^mp0: .*,(acl|backup|quota|mountoptions|replicate)=/m,
    by: byHand("backup=0,acl=1,mountoptions=nodev"),
    found: [
      `CT ${ctid} volume data backup: is false, wanted true`,
      `CT ${ctid} volume data mountoptions: is nodev, wanted noatime;nodev`,
    ],
    restart: "mounts",
  },
  {
    key: "rootfs",
    value: { acl: true, mountoptions: ["noatime", "discard"], replicate: false },
    other: { acl: false, mountoptions: ["lazytime"] },
    line: root("acl=1", "mountoptions=discard;noatime", "replicate=0"),
    otherLine: root("acl=0", "mountoptions=lazytime"),
    without: /^rootfs: .*,(acl|mountoptions|replicate)=/m,
    by: rootByHand("acl=0,mountoptions=noatime,replicate=0"),
    found: [
      `CT ${ctid} rootfs acl: is false, wanted true`,
      `CT ${ctid} rootfs mountoptions: is noatime, wanted discard;noatime`,
    ],
    restart: "rootfs",
  },
];

for (const release of [8, 9] as const)
  describe(`options of mounts on Proxmox VE ${release}`, { skip: noLab }, () => {
    let node!: Node;
    before(async () => {
      node = await Node.prepared({ release });
      await node.sh(
        `${rootDisks} && zfs create tank/guests && pvesm add zfspool tank-guests --pool tank/guests --content rootdir,images && ` +
          `${fetchTemplate} && ${create(ctid, `--tags ${tag} --unprivileged 1 ${net0}`)} && pct start ${ctid}`,
      );
    });
    after(() => node.stop());

    it("each is set, told of, changed and taken out again; what somebody else set stays", () =>
      proveRows(node, new Converged(node, ["configure", "mounts", "start"]), rows, { volumes: [volume] }));
  });
