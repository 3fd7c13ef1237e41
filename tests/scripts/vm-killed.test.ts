// Every script of a machine, killed with its whole process group as by a loss of power, and run again.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { scriptOf } from "../helpers/scripts";
import { Node, noLab, tag } from "./node";
import { runStep } from "./stand-ins";
import { imageUrl } from "./vm-node";

/** Moments at which each script is killed, spread over the time that it takes. */
const moments = Number(process.env.KILLED_MOMENTS ?? 2);

const own = { vmid: 9003, name: "web", tag };

const configure = {
  ...{ ...own, storage: "local", diskGb: 8, protect: false, absent: ["startup"], snippets: "local" },
  values: {
    ...{ cores: 2, memory: 1024, cpu: "x86-64-v2-AES", machine: "q35", bios: "seabios", agent: 1 },
    ...{ name: "web", description: "Web\n", onboot: 0, protection: 0, boot: "order=scsi0" },
  },
  net0: { bridge: "vmbr0", mac: "52:54:00:00:00:01" },
  cloudInit: {
    values: { ciuser: "ops", ipconfig0: "ip=10.0.0.60/24,gw=10.0.0.1" },
    sshKeys: ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA ops@here"],
    passwordHash: "$6$salt$abcdefgh",
  },
};

interface Case {
  name: string;
  script: string;
  settings: object;
  /** What the script starts from, as shell text on the node. */
  from?: string;
  /** What else it is to have brought about. */
  look?: string;
  /** Tells nothing of what it did the second time: it does its work each time. */
  always?: true;
}

const make = `qm create 9003 --name web --memory 512 --tags ${tag} --machine q35 --serial0 socket --net0 virtio=52:54:00:00:00:01,bridge=vmbr0
  qm set 9003 --scsi0 local:0,import-from=local:import/phoenix-noble.qcow2,format=qcow2`;
const unmake =
  "! test -e /etc/pve/qemu-server/9003.conf || { qm stop 9003; qm set 9003 --protection 0; qm destroy 9003; }; rm -f /var/lib/phoenix/guests/*";
// One that is stopped while its first start installs the agent never gets it: cloud-init does not begin again.
const installed =
  "! qm status 9003 | grep -q running || for n in $(seq 600); do qm agent 9003 ping && break; sleep 0.2; done";
const inside = (command: string) => `qm guest exec 9003 -- sh -c '${command}'`;
const inVm = {
  ...{ ...own, step: "script-hello", file: "hello.sh", seconds: 30, environment: { PHOENIX_NAME: "x" } },
  script: "#!/bin/bash\nsleep 0.2\necho done >/hello.new\nmv /hello.new /hello\n",
};
const health = { ...own, command: "sleep 0.1", retries: 1, interval: 1, timeLimit: 5 };
const power = { ...own, timeLimit: 30, agent: true };

describe("a machine's scripts, killed and run again", { skip: noLab }, () => {
  let node: Node;
  before(async () => {
    node = await Node.start();
    await node.sh(`pvesm set local --content images,iso,vztmpl,backup,rootdir,import,snippets
      mkdir -p /var/lib/vz/import /var/lib/phoenix/guests /srv && wget -q -O /srv/noble.img ${imageUrl}
      cp /srv/noble.img /var/lib/vz/import/phoenix-noble.qcow2`);
  });
  after(() => node.stop());

  /** Everything that a script could leave on the node. */
  const state = (look = "true") =>
    node.sh(`cd /; for f in etc/pve/qemu-server/*.conf; do echo "$f"; ! test -e "$f" || sort "$f" | grep -Ev '^(meta|smbios1|vmgenid|snaptime|digest)'; done
      find /var/lib/phoenix /etc/pve/ /var/lib/vz /run/phoenix /tmp /run/lock/qemu-server -mindepth 1 ! -path '/etc/pve/qemu-server/*.conf' ! -name '*.conf' ! -path '*/images/*' 2>/dev/null | grep -v /run/lock | sort
      find /var/lib/phoenix -type f -print0 | sort -z | xargs -0r cat
      pvesm list local --content images; pvesm list local-lvm; qm list | awk '{ print $1, $2, $3 }'
      cat /etc/pve/storage.cfg; ! test -e /etc/pve/qemu-server/9003.conf || qm listsnapshot 9003 | sed 's/20..-..-.. ..:..:..//'; ${look}`);

  async function survives({ name, script, settings, from = "true", look, always }: Case): Promise<void> {
    const step = { script: scriptOf("vm", script) };
    await node.sh(from);
    const began = Date.now();
    const whole = await runStep(node, step, settings);
    const seconds = (Date.now() - began) / 1000;
    assert.equal(whole.code, 0, whole.stderr);
    const wanted = await state(look);
    for (let moment = 1; moment <= moments; moment++) {
      const killAfter = Number(((seconds * (moment - Math.random())) / moments).toFixed(3));
      const said = `${name}, killed after ${killAfter} s of ${seconds}`;
      await node.sh(from);
      await runStep(node, step, settings, { killAfter });
      const again = await runStep(node, step, settings);
      assert.equal(again.code, 0, `${said}\n${again.stderr}`);
      assert.equal(await state(look), wanted, said);
      if (always || moment > 1) continue;
      assert.deepEqual((await runStep(node, step, settings)).result?.did, [], said);
    }
  }

  const cases: Case[] = [
    {
      name: "claim: a chosen VMID",
      script: "claim",
      settings: { name: "web", tag, taken: [9001], adopt: [] },
      from: "rm -rf /var/lib/phoenix/vmids /var/lib/phoenix/guests/*",
    },
    {
      name: "claim-remove",
      script: "claim-remove",
      settings: { name: "web", tag },
      from: `mkdir -p /var/lib/phoenix/vmids/${tag}; echo 9000 >/var/lib/phoenix/vmids/${tag}/web; echo '${tag} web' >/var/lib/phoenix/guests/vm-9000.begun`,
    },
    {
      name: "claim over a half-made machine",
      script: "claim",
      settings: { name: "web", tag, vmid: 9003, taken: [], adopt: [] },
      from: `${unmake}; printf '${tag} web\\nstorage local\\n' >/var/lib/phoenix/guests/vm-9003.begun; qm create 9003 --name web --memory 512 --scsi0 local:1`,
    },
    {
      name: "image from a path",
      script: "image",
      settings: { storage: "local", file: "phoenix-copy.raw", path: "/srv/big.raw" },
      from: "test -e /srv/big.raw || head -c 60000000 /dev/urandom >/srv/big.raw; rm -f /var/lib/vz/import/phoenix-copy.raw*",
    },
    {
      name: "storage-content",
      script: "storage-content",
      settings: { storage: "local", content: ["import", "snippets"], tag },
      from: "rm -rf /var/lib/phoenix/storages; pvesm set local --content images,iso,vztmpl,backup,rootdir",
      look: "cat /var/lib/phoenix/storages/*",
    },
    {
      name: "storage-content-remove",
      script: "storage-content-remove",
      settings: { storage: "local", tag },
      from: "mkdir -p /var/lib/phoenix/storages; printf 'import\\nsnippets\\n' >/var/lib/phoenix/storages/local.content; pvesm set local --content images,iso,vztmpl,backup,rootdir,import,snippets",
    },
    {
      name: "configure and cloud-init of a new machine",
      script: "configure",
      settings: configure,
      from: `${unmake}; pvesm set local --content images,iso,vztmpl,backup,rootdir,import,snippets; ${make}; echo '${tag} web' >/var/lib/phoenix/guests/vm-9003.begun`,
    },
    {
      name: "the first start",
      script: "start",
      settings: { ...power, restartWhenChanged: {} },
      from: `${installed}; qm stop 9003; true`,
    },
    { name: "the agent", script: "agent", settings: { ...own, seconds: 60 } },
    {
      name: "a script in a stopped machine",
      script: "in-vm",
      settings: inVm,
      from: `qm status 9003 | grep -q running || { qm start 9003; for n in $(seq 100); do qm agent 9003 ping && break; sleep 0.1; done; }; ${inside("rm -f /hello*")}; qm shutdown 9003`,
      always: true,
    },
    {
      name: "power on",
      script: "power",
      settings: { ...power, state: "running" },
      from: "qm stop 9003; true",
    },
    {
      name: "a script in a running machine",
      script: "in-vm",
      settings: inVm,
      from: inside("rm -f /hello*"),
      look: inside("cat /hello; ls -A / /tmp"),
      always: true,
    },
    { name: "a health check", script: "health", settings: health },
    {
      name: "a new password and key of a running machine",
      script: "configure",
      settings: {
        ...configure,
        cloudInit: { ...configure.cloudInit, sshKeys: ["ssh-ed25519 BBBB b"], passwordHash: "$6$salt$other" },
      },
      from: "rm -f /var/lib/phoenix/guests/vm-9003.restart; qm set 9003 --delete cipassword,sshkeys",
    },
    {
      name: "a restart",
      script: "start",
      settings: { ...power, restartWhenChanged: {} },
      from: ": >/var/lib/phoenix/guests/vm-9003.restart",
    },
    {
      name: "a snapshot",
      script: "snapshot",
      settings: { ...own, snapshot: "fresh" },
      from: "! grep -Fxq '[fresh]' /etc/pve/qemu-server/9003.conf || qm delsnapshot 9003 fresh",
    },
    {
      name: "its removal",
      script: "snapshot-remove",
      settings: { ...own, snapshot: "fresh" },
      from: "grep -Fxq '[fresh]' /etc/pve/qemu-server/9003.conf || qm snapshot 9003 fresh --description 'made by Phoenix'",
    },
    {
      name: "power off",
      script: "power",
      settings: { ...power, state: "stopped" },
      from: "qm start 9003; true",
    },
    {
      name: "a template",
      script: "template",
      settings: { ...own, timeLimit: 30 },
      from: `${unmake}; ${make}; qm set 9003 --boot order=scsi0 --agent 1 --ide2 local:cloudinit --cicustom vendor=local:snippets/phoenix-agent.yaml --ipconfig0 ip=10.0.0.60/24,gw=10.0.0.1`,
    },
    {
      name: "release",
      script: "configure-remove",
      settings: { ...own, protect: false },
      from: `${unmake}; qm create 9003 --name web --memory 512 --tags ${tag} --scsi0 local-lvm:1 --scsi1 local-lvm:1; qm set 9003 --delete scsi1; pvesm list local-lvm | awk '/9003-disk-[2-9]/ { print $1 }' | xargs -r -n1 pvesm free; : >/var/lib/phoenix/guests/vm-9003.restart`,
    },
  ];
  for (const one of cases) test(one.name, () => survives(one));
});
