// What goes wrong in a machine and with its image: the message, that nothing else changed, and that it goes on once the
// cause is mended. tests/scripts/vm.test.ts has the failures of the steps themselves.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { scriptOf } from "../helpers/scripts";
import { Node, noLab, tag } from "./node";
import { imageUrl, refused, runVm } from "./vm-node";

const own = { vmid: 9003, name: "web", tag };

describe("failures in a machine", { skip: noLab }, () => {
  let node: Node;
  const run = (step: string, settings: object) => runVm(node, step, settings);
  const image = (settings: object) => node.script(scriptOf("vm", "image"), settings);
  const script = (text: string, more: object = {}) => ({
    ...{ ...own, step: "script-a", file: "a.sh", seconds: 30, environment: {} },
    ...{ script: `#!/bin/bash\n${text}\n`, ...more },
  });
  const answers = "for n in $(seq 100); do qm agent 9003 ping 2>/dev/null && break; sleep 0.1; done";
  const restarted = `qm stop 9003; qm start 9003; ${answers}`;
  /** Another guest, which no failure may touch. */
  const other = () => node.sh("cat /etc/pve/qemu-server/9100.conf; qm status 9100");
  let untouched: string;

  before(async () => {
    node = await Node.start();
    await node.sh(`pvesm set local --content images,iso,vztmpl,backup,rootdir,import,snippets
      mkdir -p /var/lib/vz/import /var/lib/vz/snippets /var/lib/phoenix/guests /srv/plain && head -c 500000 /dev/urandom >/srv/big.raw
      wget -q -O /srv/noble.img ${imageUrl}; cp /srv/noble.img /var/lib/vz/import/noble.qcow2
      pvesm add dir plain --path /srv/plain --content images
      printf '#cloud-config\\npackages: [qemu-guest-agent]\\nruncmd:\\n  - systemctl start qemu-guest-agent\\n  - [sleep, "4"]\\n' >/var/lib/vz/snippets/slow.yaml
      qm create 9100 --name other --memory 512 --scsi0 local-lvm:1
      qm create 9003 --name web --memory 512 --tags ${tag} --serial0 socket --net0 virtio,bridge=vmbr0 --agent 1
      qm set 9003 --scsi0 local-lvm:0,import-from=local:import/noble.qcow2 --boot order=scsi0 --ide2 local-lvm:cloudinit --ipconfig0 ip=10.0.0.60/24,gw=10.0.0.1
      qm set 9003 --cicustom vendor=local:snippets/slow.yaml && qm start 9003`);
    untouched = await other();
  });
  after(() => node.stop());

  test("a cloud-init that goes on for longer than it may", async () => {
    await node.sh(answers);
    refused(
      await run("agent", { ...own, seconds: 1 }),
      "VM 9003 (web): cloud-init has not ended after 1 s; see 'cloud-init status --long' in it: qm terminal 9003",
    );
    const again = await run("agent", { ...own, seconds: 60 });
    assert.deepEqual(again.result?.did, [], again.stderr);
  });

  for (const [what, text] of [
    ["an agent that stops in the middle of a script", "systemctl stop qemu-guest-agent; sleep 1"],
    ["a machine that stops in the middle of a script", "poweroff; sleep 20"],
  ] as const)
    test(what, async () => {
      refused(
        await run("in-vm", script(text)),
        "a.sh in VM 9003 (web): its guest agent went away meanwhile; look inside: qm terminal 9003, and run again",
      );
      await node.sh(restarted);
      assert.deepEqual((await run("in-vm", script("true"))).result?.did, ["VM 9003: ran a.sh"]);
    });

  test("a script's exit code with its meaning", async () => {
    refused(
      await run("in-vm", script("exit 6", { reasons: { "6": "the export could not be mounted" } })),
      "a.sh failed in VM 9003 (web) with exit code 6: the export could not be mounted",
    );
  });

  test("an image whose storage is not told to hold any, or is full", async () => {
    const settings = { storage: "plain", file: "phoenix-big.raw", path: "/srv/big.raw" };
    refused(
      await image(settings),
      "storage plain holds no images to import (it holds images); nothing was changed. Add it: pvesm set plain --content images,import; or name another image_storage",
    );
    assert.equal(await node.sh("ls /srv/plain"), "images\n");
    await node.sh("pvesm set plain --content images,import");
    await node.fault("fill", "/srv/plain", "--free", "64");
    refused(
      await image(settings),
      "image /srv/big.raw could not be copied to /srv/plain/import/phoenix-big.raw; its message is above",
    );
    assert.equal(await node.sh("ls -A /srv/plain/import"), "");
    await node.clearFaults();
    assert.deepEqual((await image(settings)).result?.did, [
      "copied /srv/big.raw to plain:import/phoenix-big.raw",
    ]);
  });

  test("no other guest was touched by any of them", async () => {
    assert.equal(await other(), untouched);
  });
});
