/** The exports that the scripts write, read by nfs-utils' own exportfs where this machine has it. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import { noLab } from "./node";
import { nfs, ShareNode } from "./shareNode";

const noTool = existsSync("/usr/sbin/exportfs")
  ? false
  : "exportfs (nfs-kernel-server) is not installed on this machine";

/** Reads exports in mounts of its own, so that this machine's exports are neither read nor changed. */
const judge = `set -e
work=$(mktemp -d)
mkdir -p "$work/exports.d" "$work/nfs" /tank/media
mount --bind "$work/nfs" /var/lib/nfs
: >/var/lib/nfs/etab
printf %s "$2" >"$work/exports.d/ours.exports"
: >"$work/exports"
mount --bind "$work/exports" "$1"
mount --bind "$work/exports.d" /etc/exports.d
/usr/sbin/exportfs -ra
cut -d'(' -f1 /var/lib/nfs/etab`;

function realExportfs(text: string) {
  const prepare =
    "mkdir -p /etc/exports.d; [ -e /etc/exports ] || : >/etc/exports; mkdir -p /tank/media; mount -t tmpfs tmpfs /tank";
  const command = `${prepare}; ${judge}`;
  return spawnSync("unshare", ["--mount", "bash", "-c", command, "judge", "/etc/exports", text], {
    encoding: "utf8",
  });
}

describe("exports, as the real exportfs reads them", { skip: noLab || noTool }, () => {
  let node!: ShareNode;
  before(async () => {
    node = await ShareNode.start("media");
  });
  after(() => node.stop());

  it("takes the file of an export with several clients; what is in it is what was asked for", async () => {
    const wanted = nfs.export("/tank/media", {
      dataset: "tank/media",
      clients: ["10.0.0.0/24", "192.0.2.5"],
    });
    await node.converge(
      nfs.server([]),
      ["installed nfs-kernel-server"],
      [
        "package nfs-kernel-server: is missing, wanted installed",
        "service nfs-server: is disabled, wanted enabled",
        "service nfs-server: is stopped, wanted running",
      ],
    );
    const file = "/etc/exports.d/phoenix-media.exports";
    await node.converge(wanted, [`wrote ${file}`], [`${file}: is missing, wanted as Phoenix wrote it`]);
    const text = (await node.files(file))[file] ?? "";
    const { status, stdout, stderr } = realExportfs(text);
    assert.deepEqual({ status, stderr }, { status: 0, stderr: "" });
    assert.equal(stdout, "/tank/media\t192.0.2.5\n/tank/media\t10.0.0.0/24\n");
  });

  it("refuses clients joined by a comma, as the original wrote them", () => {
    const { status, stderr } = realExportfs("/tank/media 10.0.0.0/24,192.0.2.5(rw,no_subtree_check)\n");
    assert.notEqual(`${status}${stderr}`, "0");
  });
});
