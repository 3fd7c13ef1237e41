/* Options of a volume's mount that its entry may leave to Proxmox VE, or to somebody else. */
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

const byHand = (options: string) =>
  `pct set ${ctid} --mp0 $(sed -n 's/^mp0: \\([^,]*\\),.*/\\1/p' /etc/pve/lxc/${ctid}.conf | head -n 1),mp=/srv/data,${options}`;

const rows: KeyRow[] = [
  {
    key: "volumes",
    value: [{ ...volume, backup: true, acl: true, mountoptions: ["noatime", "nodev"] }],
    other: [{ ...volume, backup: false, quota: true, mountoptions: ["noexec"] }],
    line: mount("backup=1", "acl=1", "mountoptions=noatime;nodev"),
    otherLine: mount("backup=0", "quota=1", "mountoptions=noexec"),
    without: /^mp0: .*,(acl|backup|quota|mountoptions)=/m,
    by: byHand("backup=0,acl=1,mountoptions=nodev"),
    found: [
      `CT ${ctid} volume data backup: is false, wanted true`,
      `CT ${ctid} volume data mountoptions: is nodev, wanted noatime;nodev`,
    ],
    restart: "mounts",
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
