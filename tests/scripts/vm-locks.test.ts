// What a worker of Proxmox VE leaves behind that dies in the middle, as with the power: locks, half snapshots, half machines.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type Answer, Node, noLab, tag } from "./node";
import { imageUrl, refused, runVm } from "./vm-node";

const own = { vmid: 9003, name: "web", tag };

describe("what Proxmox VE was cut off over", { skip: noLab }, () => {
  let node: Node;
  const run = (step: string, settings: object) => runVm(node, step, settings);
  const did = ({ code, stderr, result }: Answer) => {
    assert.equal(code, 0, stderr);
    return result?.did;
  };
  const conf = () => node.sh("cat /etc/pve/qemu-server/9003.conf");
  const volumes = async () =>
    (await node.sh("pvesm list local-lvm"))
      .split("\n")
      .flatMap((line) => /^\S+-\d+-\S+/.exec(line)?.[0] ?? []);
  const notes = () => node.sh("ls -A /var/lib/phoenix/guests");

  before(async () => {
    node = await Node.start();
    await node.sh(`pvesm set local --content images,iso,vztmpl,backup,rootdir,import,snippets
      mkdir -p /var/lib/vz/import /var/lib/phoenix/guests && wget -q -O /var/lib/vz/import/noble.qcow2 ${imageUrl}
      qm create 9003 --name web --memory 512 --tags ${tag} --scsi0 local-lvm:1,import-from=local:import/noble.qcow2 --boot order=scsi0`);
  });
  after(() => node.stop());

  const snapshot = { ...own, snapshot: "fresh" };

  test("a snapshot: its lock and its half section go, and it is made anew", async () => {
    await node.fault("kill", "^qm snapshot 9003");
    refused(
      await run("snapshot", snapshot),
      "snapshot 'fresh' of VM 9003 (web) could not be made; Proxmox VE's message is above. It is locked (snapshot): wait for the task that does it; where none does any more: qm unlock 9003. Its disk needs a storage with snapshots: zfspool, lvmthin, or qcow2 files",
    );
    assert.match(await conf(), /^lock: snapshot$[^]*^\[fresh\]$[^]*^snapstate: prepare$/m);
    assert.equal(await notes(), "vm-9003.locking\n");
    assert.deepEqual(did(await run("snapshot", snapshot)), ["made snapshot 'fresh' of VM 9003"]);
    assert.doesNotMatch(await conf(), /^(lock|snapstate):/m);
    assert.equal(await notes(), "");
  });

  test("a snapshot's removal is done again", async () => {
    await node.fault("kill", "^qm delsnapshot 9003");
    refused(
      await run("snapshot-remove", snapshot),
      "snapshot 'fresh' of VM 9003 (web) could not be removed; Proxmox VE's message is above. It is locked (snapshot-delete): wait for the task that does it; where none does any more: qm unlock 9003",
    );
    assert.match(await conf(), /^lock: snapshot-delete$[^]*^snapstate: delete$/m);
    assert.deepEqual(did(await run("snapshot-remove", snapshot)), ["removed snapshot 'fresh' of VM 9003"]);
    assert.doesNotMatch(await conf(), /^lock:|fresh/m);
    assert.equal(await notes(), "");
  });

  test("any other step takes the lock away too, as it is ours", async () => {
    await node.fault("kill", "^qm snapshot 9003");
    await run("snapshot", snapshot);
    await run("start", { ...own, timeLimit: 30, agent: false, restartWhenChanged: {} });
    assert.match(await node.sh("qm status 9003"), /running/);
    assert.deepEqual(did(await run("snapshot", snapshot)), ["made snapshot 'fresh' of VM 9003"]);
    await run("snapshot-remove", snapshot);
  });

  test("somebody else's lock and half snapshot stay, and the error names them", async () => {
    await node.fault("kill", "^qm snapshot 9003");
    await node.sh("qm snapshot 9003 fresh --description mine || true");
    refused(
      await run("snapshot", snapshot),
      "snapshot 'fresh' of VM 9003 (web) is not complete, and is not this stack's; nothing was changed. When no task works at it any more: qm unlock 9003; qm delsnapshot 9003 fresh --force 1",
    );
    await run("agent", { ...own, seconds: 0 });
    assert.match(await conf(), /^lock: snapshot$/m);
    await node.sh(
      "qm unlock 9003; qm delsnapshot 9003 fresh --force 1; qm stop 9003; qm set 9003 --lock migrate",
    );
    const values = { cores: 2, memory: 512, machine: "pc", bios: "seabios", name: "web" };
    refused(
      await run("configure", {
        ...own,
        storage: "local-lvm",
        values,
        net0: { bridge: "vmbr0" },
        cloudInit: { values: {} },
      }),
      "VM 9003 (web) could not be configured; Proxmox VE's message is above. It is locked (migrate): wait for the task that does it; where none does any more: qm unlock 9003",
    );
    await node.sh("qm unlock 9003");
  });

  test("a disk that had grown on its storage alone", async () => {
    await node.fault("kill", "^qm resize 9003");
    const values = { cores: 2, memory: 512, machine: "pc", bios: "seabios", name: "web" };
    const configure = {
      ...{
        ...own,
        storage: "local-lvm",
        diskGb: 6,
        values,
        net0: { bridge: "vmbr0" },
        cloudInit: { values: {} },
      },
    };
    assert.equal(did(await run("configure", configure))?.at(-1), "VM 9003: disk 3G -> 6G");
    assert.match(await conf(), /^scsi0: local-lvm:vm-9003-disk-0,size=6G$/m);
    assert.deepEqual(did(await run("configure", configure)), []);
  });

  test("a backup that has the machine locked is waited for", async () => {
    await node.fault("command", "^qm set 9003", "--exit", "255", "--stderr", "VM is locked (backup)");
    const values = { cores: 3, memory: 512, machine: "pc", bios: "seabios", name: "web" };
    const net0 = { bridge: "vmbr0" };
    const configure = { ...own, storage: "local-lvm", values, net0, cloudInit: { values: {} } };
    assert.deepEqual(did(await run("configure", configure)), ["VM 9003: cores 2 -> 3"]);
    assert.match(await conf(), /^cores: 3$/m);
    await node.sh("qm set 9003 --cores 2");
  });

  test("a cloud-init drive that the configuration does not name yet", async () => {
    await node.sh("qm set 9003 --delete ide2; pvesm alloc local-lvm 9003 vm-9003-cloudinit 4M");
    const values = { cores: 2, memory: 512, machine: "pc", bios: "seabios", name: "web" };
    const configure = {
      ...own,
      storage: "local-lvm",
      values,
      net0: { bridge: "vmbr0" },
      cloudInit: { values: {} },
    };
    assert.deepEqual(did(await run("configure", configure)), ["VM 9003: ide2 unset -> local-lvm:cloudinit"]);
    assert.deepEqual(await volumes(), ["local-lvm:vm-9003-cloudinit", "local-lvm:vm-9003-disk-0"]);
  });

  test("a template whose disk is none yet", async () => {
    await node.sh("qm set 9003 --template 1");
    const template = { ...own, timeLimit: 30 };
    assert.deepEqual(did(await run("template", template)), ["VM 9003: scsi0 is a template's"]);
    assert.match(await conf(), /^scsi0: local-lvm:base-9003-disk-0,/m);
    assert.deepEqual(did(await run("template", template)), []);
  });

  const claim = { name: "copy", tag, vmid: 9004, taken: [], adopt: [] };

  test("a clone, which has its source's tags already: made anew, and kept data of that id stays", async () => {
    await node.sh("pvesm alloc local-lvm 9004 vm-9004-disk-0 64M");
    await run("claim", claim);
    await node.fault("kill", "^qm clone 9003", "--nth", "2");
    await node.sh("qm clone 9003 9004 --name copy --full 1 || true");
    assert.match(
      await node.sh("cat /etc/pve/qemu-server/9004.conf"),
      new RegExp(`^lock: clone$[^]*^tags: ${tag}$`, "m"),
    );
    assert.deepEqual(did(await run("claim", claim)), ["removed half-made VM 9004"]);
    assert.deepEqual(
      (await volumes()).filter((one) => one.includes("9004")),
      ["local-lvm:vm-9004-disk-0"],
    );
    await node.sh("qm clone 9003 9004 --name copy --full 1");
    assert.deepEqual(did(await run("claim", claim)), [], "a whole one is this stack's");
    await node.sh("qm destroy 9004");
  });

  test("a machine whose image was being copied: its disk goes too", async () => {
    const settings = { ...claim, vmid: 9005 };
    await run("claim", settings);
    await node.fault("kill", "^qm importdisk 9005");
    await node.sh(
      "qm create 9005 --name copy --memory 512 --scsi0 local-lvm:0,import-from=local:import/noble.qcow2 || true",
    );
    assert.ok((await volumes()).includes("local-lvm:vm-9005-disk-0"));
    assert.deepEqual(did(await run("claim", settings)), ["removed half-made VM 9005"]);
    assert.ok(!(await volumes()).includes("local-lvm:vm-9005-disk-0"));
    assert.deepEqual(did(await run("claim-remove", settings)), []);
    assert.doesNotMatch(await notes(), /9005/);
  });
});
