import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { nfs, ShareNode } from "./shareNode";
import { noLab } from "./node";

const media = nfs.export("/tank/media", { dataset: "tank/media" });
const mediaFile = "/etc/exports.d/phoenix-media.exports";
const line = (clients: string) =>
  `# Written by Phoenix from nfs.exports; changes here are lost.\n/tank/media ${clients}\n`;
const options = "(no_root_squash,no_subtree_check,rw,sync)";
const rule = "allow from 10.0.0.0/24 to any port 2049 proto tcp";
const users = "# mine\n/srv/own 192.0.2.7(ro,no_subtree_check)\n";

describe("NFS: converge, again, verify, break, repair, remove", { skip: noLab }, () => {
  let node!: ShareNode;
  before(async () => {
    node = await ShareNode.start("media", "iso");
    await node.sh(
      `apt-get install -y ufw >/dev/null; mkdir /srv/own; printf '${users.replaceAll("\n", "\\n")}' > /etc/exports`,
    );
  });
  after(() => node.stop());

  it("the server is installed, enabled and running", async () => {
    await node.converge(
      nfs.server([rule]),
      ["installed nfs-kernel-server", `firewall: ${rule}`],
      [
        "package nfs-kernel-server: is missing, wanted installed",
        "service nfs-server: is disabled, wanted enabled",
        "service nfs-server: is stopped, wanted running",
        `ufw rule '${rule}': is missing, wanted there`,
      ],
    );
    assert.equal(
      await node.sh("systemctl is-enabled nfs-server; systemctl is-active nfs-server"),
      "enabled\nactive\n",
    );
    assert.equal(
      (await node.files("/etc/exports"))["/etc/exports"],
      users,
      "a user's line survives the installation",
    );
  });

  it("an export: one line with all its clients, in a file of its own", async () => {
    const wide = nfs.export("/tank/media", {
      dataset: "tank/media",
      clients: ["10.0.0.0/24", "192.0.2.5", "nas.lan"],
    });
    await node.sh("echo 192.0.2.9 nas.lan nas >> /etc/hosts");
    await node.converge(
      wide,
      [`wrote ${mediaFile}`],
      [`${mediaFile}: is missing, wanted as Phoenix wrote it`],
    );
    assert.deepEqual(await node.files(mediaFile, "/etc/exports"), {
      [mediaFile]: line(`10.0.0.0/24${options} 192.0.2.5${options} nas.lan${options}`),
      "/etc/exports": users,
    });
    const shown = "(sync,wdelay,hide,no_subtree_check,sec=sys,rw,no_root_squash,no_all_squash)";
    assert.equal(
      await node.sh("exportfs -s | grep /tank"),
      ["10.0.0.0/24", "192.0.2.5", "nas.lan"].map((client) => `/tank/media  ${client}${shown}\n`).join(""),
    );
    await node.converge(media, [`wrote ${mediaFile}`]);
    assert.equal(
      await node.sh("exportfs -s | cut -d'(' -f1"),
      "/srv/own  192.0.2.7\n/tank/media  10.0.0.0/24\n",
    );
  });

  it("an export that somebody made by hand stays, whatever becomes of ours", async () => {
    await node.sh("exportfs -i -o ro,no_subtree_check 192.0.2.8:/tank/iso");
    const table = await node.sh("exportfs -s | grep -v media");
    const other = nfs.export("/tank/media", { dataset: "tank/media", clients: ["192.0.2.4"] });
    await node.converge(other, [`wrote ${mediaFile}`]);
    assert.equal(await node.sh("exportfs -s | grep -v media"), table);
    await node.undo(other, [`removed ${mediaFile}`]);
    assert.equal(await node.sh("exportfs -s"), table);
    await node.sh("exportfs -u 192.0.2.8:/tank/iso");
    await node.converge(media, [`wrote ${mediaFile}`]);
  });

  it("what somebody changed by hand is brought back, and only that", async () => {
    await node.sh("exportfs -u 10.0.0.0/24:/tank/media");
    await node.converge(
      media,
      ["exported /tank/media again"],
      ["export /tank/media clients: is none, wanted 10.0.0.0/24"],
    );
    await node.sh(`sed -i s/rw/ro/ ${mediaFile}`);
    await node.converge(
      media,
      [`wrote ${mediaFile}`],
      [`${mediaFile}: is edited by hand, wanted as Phoenix wrote it`],
    );
    await node.sh("systemctl disable --now nfs-server 2>/dev/null");
    await node.converge(
      nfs.server([rule]),
      ["enabled nfs-server", "started nfs-server"],
      ["service nfs-server: is disabled, wanted enabled", "service nfs-server: is stopped, wanted running"],
    );
    await node.converge(media, []);
  });

  it("its storage, once the server shows it", async () => {
    const storage = nfs.storage("/tank/media");
    await node.converge(
      storage,
      ["added storage nfs-media (nfs, 10.0.0.13:/tank/media)"],
      ["storage nfs-media: is missing, wanted nfs on 10.0.0.13:/tank/media"],
    );
    assert.match(
      await node.sh("cat /etc/pve/storage.cfg"),
      /^nfs: nfs-media\n(?=(?:\t.*\n)*\texport \/tank\/media\n)(?=(?:\t.*\n)*\tserver 10\.0\.0\.13\n)(?=(?:\t.*\n)*\toptions vers=4,soft,timeo=30,retrans=3\n)/m,
    );
    await node.sh("pvesm set nfs-media --content iso --options vers=3");
    await node.converge(
      storage,
      [
        "storage nfs-media content: iso -> backup,images,iso,snippets,vztmpl",
        "storage nfs-media options: vers=3 -> vers=4,soft,timeo=30,retrans=3",
      ],
      [
        "storage nfs-media content: is iso, wanted backup,images,iso,snippets,vztmpl",
        "storage nfs-media options: is vers=3, wanted vers=4,soft,timeo=30,retrans=3",
      ],
    );
    // What is put into the storage lies in the export.
    await node.sh("touch /mnt/pve/nfs-media/template/iso/a.iso; ls /tank/media/template/iso/a.iso");
  });

  it("removed in the other order, nothing of ours is left; data and users' lines are", async () => {
    await node.undo(nfs.storage("/tank/media"), ["removed storage nfs-media; its data stays"]);
    assert.equal(
      await node.sh("ls -d /mnt/pve/nfs-media 2>/dev/null; findmnt -n /mnt/pve/nfs-media; true"),
      "",
    );
    await node.undo(media, [`removed ${mediaFile}`]);
    assert.equal(await node.sh("exportfs -s | cut -d'(' -f1; ls /etc/exports.d"), "/srv/own  192.0.2.7\n");
    await node.undo(
      nfs.server(),
      [`firewall: removed ${rule}`],
      ["the server still shares what others set up (/srv/own): kept running"],
    );
    assert.equal(await node.sh("systemctl is-active nfs-server"), "active\n");
    assert.deepEqual(await node.files("/etc/exports", "/tank/media/template/iso/a.iso"), {
      "/etc/exports": users,
      "/tank/media/template/iso/a.iso": "",
    });
  });

  it("a server that only we needed stops", async () => {
    await node.sh(
      "cp /etc/exports /root/; : > /etc/exports; exportfs -ra; systemctl disable --now nfs-server 2>/dev/null",
    );
    await node.converge(nfs.server(), ["enabled nfs-server", "started nfs-server"]);
    await node.undo(nfs.server(), ["stopped nfs-server", "disabled nfs-server"]);
    await node.sh("mv /root/exports /etc/exports");
  });
});
