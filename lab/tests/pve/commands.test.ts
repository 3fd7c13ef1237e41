import assert from "node:assert/strict";
import test from "node:test";
import { fakeHost } from "./fakeHost";

const CONF = "/etc/pve/lxc/161.conf";
const STOPPED = `arch: amd64
hostname: ct161
memory: 512
ostype: debian
rootfs: local:161/vm-161-disk-0.raw,size=1G
swap: 512
unprivileged: 1
`;

/** A command line, and what stands on standard error of its failure. */
const REFUSED: [line: string, stderr: string][] = [
  [
    "pct set 161 --memory 8",
    "400 Parameter verification failed.\nmemory: value must have a minimum value of 16\n\npct set <vmid> [OPTIONS]\n",
  ],
  [
    "pct set 161 --memory x --cores 0",
    "400 Parameter verification failed.\nmemory: type check ('integer') failed - got 'x'\n" +
      "cores: value must have a minimum value of 1\n\npct set <vmid> [OPTIONS]\n",
  ],
  [
    "pct set 161 --net0 bridge=vmbr0",
    "400 Parameter verification failed.\nnet0: invalid format - format error\n" +
      "net0.name: property is missing and it is not optional\n\npct set <vmid> [OPTIONS]\n",
  ],
  [
    "pct set 161 --features bogus=1",
    "400 Parameter verification failed.\nfeatures: invalid format - format error\nfeatures.bogus: " +
      "property is not defined in schema and the schema does not allow additional properties\n\npct set <vmid> [OPTIONS]\n",
  ],
  [
    "pct set 161 --lxc.idmap x",
    "Unknown option: lxc.idmap\n400 unable to parse option\n\npct set <vmid> [OPTIONS]\n",
  ],
  ["pct set 161", "no options specified\n"],
  ["pct set 161 --unprivileged 1", "unable to modify read-only option: 'unprivileged'\n"],
  ["pct set 161 --delete memory", "unable to delete required option 'memory'\n"],
  ["pct set 161 --dev0 /dev/nosuch", "Device /dev/nosuch does not exist\n"],
  ["pct set 161 --mp0 nosuch:1,mp=/x", "storage 'nosuch' does not exist\n"],
  ["pct set 161 --mp0 local:1,mp=/x", "storage 'local' does not support container directories\n"],
  ["pct config", "400 not enough arguments\n\npct config <vmid> [OPTIONS]\n"],
  ["pct config 169", "Configuration file 'nodes/pve/lxc/169.conf' does not exist\n"],
  ["pct exec 161 -- true", "container '161' not running!\n"],
  ["pct push 161 /etc/hosts /x", "can only push files to a running CT\n"],
  ["pct snapshot 161 current", "unable to use snapshot name 'current' (reserved name)\n"],
  ["pct snapshot 161 s1", "snapshot feature is not available\n"],
  ["pct clone 161 161", "CT 161 already exists on node 'pve'\n"],
  ["pct stop 161", "CT 161 not running\n"],
  ["pct reboot 161", "VM 161 not running\n"],
  ["pct unlock 161", "no lock found trying to remove any lock\n"],
  [
    "pvesm status --storage nosuch",
    "400 Parameter verification failed.\nstorage: No such storage.\n\npvesm status [OPTIONS]\n",
  ],
  [
    "pvesm add nfs fidnfs --server 192.0.2.1 --export /srv",
    "create storage failed: storage 'fidnfs' is not online\n",
  ],
  [
    "pveam download local nosuch.tar.xz",
    "400 Parameter verification failed.\ntemplate: no such template\n\npveam download <storage> <template>\n",
  ],
  ["pveum user modify nosuch@pve --comment x", "update user failed: no such user ('nosuch@pve')\n"],
  ["pvesh get /nosuch", "No 'get' handler defined for '/nosuch'\n"],
  ["pct mount 161", "the lab does not simulate 'pct mount'\n"],
];

test("what is refused says so in Proxmox VE's words, and the file stays", async (t) => {
  const fake = fakeHost();
  await fake.run("pct list");
  fake.write(CONF, STOPPED);
  for (const [line, stderr] of REFUSED) {
    await t.test(line, async () => {
      const [code, , text] = await fake.run(line);
      assert.equal(text, stderr);
      assert.equal(code, 255);
      assert.equal(fake.read(CONF), STOPPED);
    });
  }
  fake.remove();
});

test("an unknown command names itself and shows the usage of all", async () => {
  const fake = fakeHost();
  const [code, , stderr] = await fake.run("pct restart 161");
  assert.equal(code, 255);
  assert.equal(stderr.split("\n")[0], "ERROR: unknown command 'pct restart'");
  assert.ok(stderr.includes("pct set <vmid> [OPTIONS]"));
  fake.remove();
});

test("pct set writes the file as a node does", async () => {
  const fake = fakeHost();
  await fake.run("pct list");
  fake.write(CONF, `${STOPPED}lxc.cgroup2.devices.allow: c 195:* rwm\n`);
  const changes = [
    "pct set 161 --description 'first: line' --tags b,a,b --onboot 1 --startup order=2,up=30",
    "pct set 161 --net0 name=eth0,bridge=vmbr0,ip=10.0.0.9/24,hwaddr=bc:24:11:00:07:07",
    "pct set 161 --mp0 /srv/data,mp=/data,ro=1,backup=0 --dev0 /dev/null,mode=0660 --cores 2",
  ];
  for (const line of changes) assert.deepEqual(await fake.run(line), [0, "", ""]);
  assert.equal(
    fake.read(CONF),
    `#first%3A line
arch: amd64
cores: 2
dev0: /dev/null,mode=0660
hostname: ct161
memory: 512
mp0: /srv/data,mp=/data,backup=0,ro=1
net0: name=eth0,bridge=vmbr0,hwaddr=BC:24:11:00:07:07,ip=10.0.0.9/24,type=veth
onboot: 1
ostype: debian
rootfs: local:161/vm-161-disk-0.raw,size=1G
startup: order=2,up=30
swap: 512
tags: a;b
unprivileged: 1
lxc.cgroup2.devices.allow: c 195:* rwm
`,
  );
  // An option whose format is a list may be given several times; of others the last one counts.
  const removal = "pct set 161 --delete cores --delete mp0,dev0 --delete startup --onboot 1 --onboot 0";
  assert.deepEqual(await fake.run(removal), [0, "", ""]);
  const left = fake.read(CONF).match(/^(cores|dev0|mp0|startup|onboot).*$/gm);
  assert.deepEqual(left, ["onboot: 0"]);
  fake.remove();
});

test("a locked container is refused until it is unlocked", async () => {
  const fake = fakeHost();
  await fake.run("pct list");
  fake.write(CONF, `${STOPPED}lock: backup\n`);
  assert.deepEqual(await fake.run("pct set 161 --cores 2"), [255, "", "CT is locked (backup)\n"]);
  assert.deepEqual(await fake.run("pct unlock 161"), [0, "", ""]);
  assert.deepEqual(await fake.run("pct set 161 --cores 2"), [0, "", ""]);
  fake.remove();
});

test("a missing bridge fails after the change was written", async () => {
  const fake = fakeHost();
  await fake.run("pct list");
  fake.write(CONF, STOPPED);
  const [code, , stderr] = await fake.run("pct set 161 --net0 name=eth0,bridge=nosuchbr");
  assert.deepEqual([code, stderr], [255, "bridge 'nosuchbr' does not exist\n"]);
  assert.match(
    fake.read(CONF),
    /^net0: name=eth0,bridge=nosuchbr,hwaddr=BC:24:11(:[0-9A-F]{2}){3},type=veth$/m,
  );
  fake.remove();
});
