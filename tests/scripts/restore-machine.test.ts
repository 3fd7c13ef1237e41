import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { Backup, RestorePlan, RestoreSettings } from "../../components/guest/backups/settings";
import { repository } from "../helpers/repository";
import { noLab } from "./node";
import { ZfsNode } from "./zfsNode";

const script = (name: string) => join(repository, "components", "guest", "backups", "scripts", `${name}.sh`);
const tag = "phoenix-test";

for (const release of [9, 8] as const) {
  // Each test starts from where the one before it ended.
  describe(`a machine's backup and restore, Proxmox VE ${release}`, { skip: noLab }, () => {
    let node!: ZfsNode;
    const answer = async <T>(name: string, settings: object): Promise<T> => {
      const { code, result, stderr } = await node.run(script(name), settings);
      assert.equal(code, 0, stderr);
      return result as T;
    };
    const backups = async () =>
      (await answer<{ backups: Backup[] }>("list-backups", { id: 400, kind: "VM" })).backups;
    const settings = (from: string, over: Partial<RestoreSettings> = {}): RestoreSettings => ({
      ...{ id: 400, tag, from, plan: false, force: false, ...over },
    });
    const conf = () => node.sh("cat /etc/pve/qemu-server/400.conf");
    before(async () => {
      node = await ZfsNode.start("original", release);
      await node.sh(
        "zpool create tank /dev/disk/by-id/nvme-Samsung_SSD_990_EVO_Plus_4TB_S7U8NJ0Y402334Y; zfs create tank/vm;" +
          "pvesm add zfspool vm --pool tank/vm --content images,rootdir;" +
          `qm create 400 --name web --memory 512 --scsi0 vm:1 --scsi1 vm:1,backup=0,discard=on --tags '${tag};mine' --description 'notes: mine'`,
      );
    });
    after(() => node.stop());

    it("is backed up, and listed with its notes", async () => {
      const made = await answer<{ backups: { id: number; volid: string }[] }>("back-up", {
        guests: [{ id: 400, kind: "VM" }],
        storage: "local",
        options: { mode: "stop", compress: "zstd", "notes-template": "{{guestname}}: before" },
      });
      const [backup] = await backups();
      assert.deepEqual(made.backups, [{ id: 400, volid: backup!.volid }]);
      assert.equal(backup!.notes, "web: before");
    });

    it("says what goes back and what stays, and changes nothing then", async () => {
      const [{ volid } = { volid: "" }] = await backups();
      const was = await conf();
      assert.deepEqual(await answer<RestorePlan>("restore-machine", settings(volid, { plan: true })), {
        ...{ there: true, running: false, back: ["disk scsi0 vm:vm-400-disk-0"] },
        ...{ stays: ["disk scsi1 vm:vm-400-disk-1"], snapshots: [] },
      });
      assert.equal(await conf(), was);
    });

    it("comes back with its disks in their places, its tags and its description", async () => {
      const [{ volid } = { volid: "" }] = await backups();
      await node.sh("qm set 400 --memory 1024 --tags 'phoenix-test;phoenix-test+00000001;mine'");
      const { did } = await answer<{ did: string[] }>("restore-machine", settings(volid));
      assert.deepEqual(did, [`brought VM 400 back from ${volid}`]);
      const now = await conf();
      assert.match(now, /^#notes%3A mine\nboot|^#notes%3A mine$/m);
      assert.doesNotMatch(now, /^#scsi|^unused/m);
      assert.match(now, /^memory: 512$/m);
      assert.match(now, /^scsi0: vm:vm-400-disk-\d,size=1G$/m);
      assert.match(now, /^scsi1: vm:vm-400-disk-1,backup=0,discard=on,size=1G$/m);
      assert.match(now, /^tags: mine;phoenix-test;phoenix-test\+00000001$/m);
      assert.equal(await node.sh("ls -A /var/lib/phoenix/restores"), "");
    });

    it("one that is gone is made again, as this stack's", async () => {
      const [{ volid } = { volid: "" }] = await backups();
      await node.sh("qm destroy 400");
      const [{ volid: still } = { volid: "" }] = await backups();
      assert.equal(still, volid);
      const { code, stderr: words } = await node.run(
        script("restore-machine"),
        settings(volid, { storage: "vm" }),
      );
      assert.equal(code, 0, words);
      assert.match(
        words,
        /warning: VM 400 had the disk vm:vm-400-disk-1, which is gone: 'phoenix up' makes what its entry has/,
      );
      assert.match(await conf(), /^tags: mine;phoenix-test$/m);
    });

    it("what is refused changes nothing", async () => {
      const [{ volid } = { volid: "" }] = await backups();
      const was = await conf();
      const refused: [over: Partial<RestoreSettings>, words: RegExp][] = [
        [
          { tag: "phoenix-other" },
          /VM 400 already exists on node 'phoenix' as 'web' and belongs to stack 'test'/,
        ],
        [{ from: volid.replace("-400-", "-401-") }, /is a backup of another guest; nothing was changed/],
        [
          { from: volid.replace("-qemu-", "-lxc-").replace(".vma", ".tar") },
          /is no backup of a virtual machine/,
        ],
        [
          { from: volid.replace("2", "1") },
          /cannot be read; Proxmox VE's message is above\. Nothing was changed/,
        ],
      ];
      for (const [over, words] of refused) {
        const { code, stderr } = await node.run(script("restore-machine"), settings(volid, over));
        assert.notEqual(code, 0);
        assert.match(stderr, words);
      }
      assert.equal(await conf(), was);
    });
  });
}
