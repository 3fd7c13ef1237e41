/* Disks of a machine beside scsi0: attached, grown, changed and detached while it runs, without loss of data. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { diskSpec } from "../../config/vm-disks";
import { Node, noLab, tag } from "./node";
import { refused, runVm } from "./vm-node";

const vmid = 9005;
const conf = `/etc/pve/qemu-server/${vmid}.conf`;

type Disk = Partial<Parameters<typeof diskSpec>[0]>;
const own = { vmid, name: "db", tag };

/** Settings of the step configure with these disks. */
const configure = (...disks: Disk[]) => ({
  ...own,
  ...{ protect: false, storage: "tank-vms", diskGb: 1, absent: [], net0: { bridge: "vmbr0" } },
  disks: disks.map((disk) =>
    diskSpec({ interface: "scsi1", size_gb: 2, destroy_on_teardown: false, ...disk }, "tank-vms"),
  ),
  values: { name: "db", description: "", onboot: 0, protection: 0 },
  cloudInit: { values: {}, sshKeys: [] },
});

for (const release of [8, 9] as const)
  describe(`disks of a running machine on Proxmox VE ${release}`, { skip: noLab }, () => {
    let node!: Node;
    before(async () => {
      node = await Node.prepared({ release });
      await node.sh(
        `zpool create tank /dev/disk/by-id/nvme-Samsung_SSD_990_EVO_Plus_4TB_S7U8NJ0Y402334Y && zfs create tank/vms &&
         pvesm add zfspool tank-vms --pool tank/vms --content images && pvesm set local --content images,iso,vztmpl &&
         qm create ${vmid} --name db --memory 512 --tags ${tag} --net0 virtio,bridge=vmbr0 --scsihw virtio-scsi-single \
           --scsi0 tank-vms:1 --ide2 tank-vms:cloudinit && qm start ${vmid}`,
      );
    });
    after(() => node.stop());

    const converge = async (settings: ReturnType<typeof configure>) => {
      const { code, result, stderr } = await runVm(node, "configure", settings);
      assert.equal(code, 0, stderr);
      return result!.did.filter((text) => /disk|scsi|virtio/.test(text));
    };
    const look = async (settings: ReturnType<typeof configure>) => {
      const { code, result, stderr } = await runVm(node, "configure-look", settings);
      assert.equal(code, 0, stderr);
      return (result as unknown as { deviations: string[] }).deviations.filter((text) => /disk/.test(text));
    };
    const line = async (key: string) => (await node.sh(`sed -n '/^\\[/q; s/^${key}: //p' ${conf}`)).trim();
    const disk = "tank-vms:vm-9005-disk-1";

    it("is made and attached at once, and again is nothing", async () => {
      const settings = configure({ cache: "writeback", discard: true, ssd: true, backup: false });
      assert.deepEqual(await converge(settings), ["VM 9005: made disk scsi1 (2G on tank-vms)"]);
      assert.equal(await line("scsi1"), `${disk},backup=0,cache=writeback,discard=on,size=2G,ssd=1`);
      assert.deepEqual(await converge(settings), []);
      assert.deepEqual(await look(settings), []);
      assert.doesNotMatch(await node.sh(`cat ${conf}`), /PENDING/);
    });

    it("is told of when somebody changed it, and put right", async () => {
      const settings = configure({ cache: "writeback", discard: true, ssd: true, backup: false });
      await node.sh(`qm set ${vmid} --scsi1 ${disk},cache=writeback,discard=on,ssd=1,size=2G`);
      assert.deepEqual(await look(settings), ["VM 9005 disk scsi1 backup: is not set, wanted 0"]);
      await converge(settings);
      assert.deepEqual(await look(settings), []);
      await node.sh(`qm set ${vmid} --delete scsi1`);
      assert.deepEqual(await look(settings), ["VM 9005 disk scsi1: is missing, wanted of 2G on tank-vms"]);
      assert.deepEqual(await converge(settings), [`VM 9005: attached its disk ${disk} as scsi1 again`]);
      assert.doesNotMatch(await node.sh(`cat ${conf}`), /unused/);
    });

    it("grows at once, and is refused to shrink", async () => {
      assert.deepEqual(
        await converge(configure({ size_gb: 3, cache: "writeback", discard: true, ssd: true })),
        [
          `VM 9005: disk scsi1 backup=0,cache=writeback,discard=on,size=2G,ssd=1 -> size=2G,cache=writeback,discard=on,ssd=1`,
          "VM 9005: disk scsi1 2G -> 3G",
        ],
      );
      assert.match(await line("scsi1"), /,size=3G/);
      const { code, stderr } = await runVm(node, "configure", configure({ size_gb: 2 }));
      assert.equal(code, 1);
      assert.match(
        stderr,
        /the disk scsi1 of VM 9005 \(db\) has 3G and cannot shrink to 2G: set size_gb to 3 or more/,
      );
      refused(
        await runVm(node, "configure", configure({ size_gb: 3, storage_pool: "local" })),
        `the disk scsi1 of VM 9005 (db) is ${disk}, not one on local: move it with 'qm disk move 9005 scsi1 local', or give the entry another interface`,
      );
    });

    it("takes up another cache at its next start alone, and what the entry never said stays", async () => {
      await node.sh(`qm set ${vmid} --scsi1 ${disk},cache=writeback,discard=on,ssd=1,size=3G,mbps_rd=50`);
      await converge(configure({ size_gb: 3, cache: "none" }));
      assert.match(await line("scsi1"), /cache=writeback/);
      assert.match(
        await node.sh(`sed -n '/PENDING/,$p' ${conf}`),
        /^scsi1: \S+,cache=none,mbps_rd=50,size=3G$/m,
      );
      const start = {
        ...{ ...own, timeLimit: 1, agent: false },
        restartWhenChanged: { disks: { scsi1: "cache=none" } },
      };
      const looked = (await runVm(node, "start-look", start)).result as unknown as { deviations: string[] };
      assert.match(looked.deviations.join(), /running without its wanted .*disk scsi1/);
      const { result } = await runVm(node, "start", start);
      assert.deepEqual(result?.did, [`restarted VM ${vmid}`]);
      assert.match(await line("scsi1"), /,cache=none,mbps_rd=50/);
      assert.deepEqual(await converge(configure({ size_gb: 3, cache: "none" })), []);
    });

    it("is detached with its entry and comes back with its data; a disk of somebody else stays", async () => {
      await node.sh(`qm set ${vmid} --virtio3 tank-vms:1`);
      assert.deepEqual(await converge(configure()), [
        `VM 9005: detached disk scsi1 (${disk}); its data is kept`,
      ]);
      assert.equal(await line("scsi1"), "");
      assert.match(await line("virtio3"), /^tank-vms:vm-9005-disk-2,/);
      assert.match(await node.sh("pvesm list tank-vms"), /vm-9005-disk-1/);
      assert.deepEqual(await converge(configure({ size_gb: 3 })), [
        `VM 9005: attached its disk ${disk} as scsi1 again`,
      ]);
    });

    it("outlives the machine, unless its entry says otherwise", async () => {
      await node.sh(`rm /var/lib/phoenix/guests/vm-${vmid}.standing`);
      refused(
        await runVm(node, "configure-remove", configure({ size_gb: 3 })),
        /has disks that are not this stack's: virtio3/,
      );
      await node.sh(`qm set ${vmid} --delete virtio3`);
      await converge(configure({ size_gb: 3 }, { interface: "scsi2", destroy_on_teardown: true }));
      await node.sh(`qm snapshot ${vmid} before`);
      const { code, stderr } = await runVm(node, "configure-remove", configure({ size_gb: 3 }));
      assert.equal(code, 0, stderr);
      await node.sh(`qm stop ${vmid}; qm destroy ${vmid} --purge 1`);
      const left = await node.sh("pvesm list tank-vms");
      assert.match(left, /vm-9005-disk-1/);
      assert.doesNotMatch(left, /vm-9005-disk-(0|3)/);
    });
  });
