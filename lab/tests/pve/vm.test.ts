// A virtual machine from Ubuntu's cloud image: what its first start makes of it, and how it is reached from the node.
import assert from "node:assert/strict";
import { request } from "node:https";
import test from "node:test";
import { info } from "../../host/control";
import { guestLab, skip } from "./guestLab";

const lab = guestLab("original");
const { sh, ok } = lab;
const SITE = "https://cloud-images.ubuntu.com/noble/current";
const IMAGE = `${SITE}/noble-server-cloudimg-amd64.img`;
const VENDOR =
  "#cloud-config\\npackages: [qemu-guest-agent, nfs-common]\\nruncmd:\\n  - echo vendor >/root/vendor\\n";
const download = (name: string, more = "", url = IMAGE) =>
  `pvesh create /nodes/phoenix/storage/local/download-url --content import --filename ${name} --url ${url} ${more}`;
const create = (id: number, more: string) =>
  `qm create ${id} --name web${id} --memory 1024 --cores 2 --scsihw virtio-scsi-single --net0 virtio,bridge=vmbr0 \
    --ostype l26 --boot order=scsi0 --ide2 local:cloudinit ${more}`;
const agentOf = (id: number) =>
  `for n in $(seq 200); do qm agent ${id} ping 2>/dev/null && exit 0; sleep 0.05; done; qm agent ${id} ping`;

interface Exec {
  exitcode?: number;
  signal?: number;
  "out-data"?: string;
  "err-data"?: string;
}

/** Runs a script in a machine; a failure fails the test. */
async function inside(id: number, script: string): Promise<string> {
  const done = JSON.parse(await ok(`qm guest exec ${id} -- bash -c '${script}'`)) as Exec;
  assert.deepEqual([done.exitcode, done["err-data"]], [0, undefined], JSON.stringify(done));
  return done["out-data"] ?? "";
}

test("an image is downloaded once, and only as its checksum says", { skip }, async () => {
  await ok("pvesm set local --content iso,vztmpl,backup,images,import,snippets");
  const sum = (await ok(`curl -s ${SITE}/SHA256SUMS`)).split(" ")[0] ?? "";
  assert.match(sum, /^[0-9a-f]{64}$/);
  const check = (expected: string) => `--checksum-algorithm sha256 --checksum ${expected}`;
  assert.match((await sh(download("noble.qcow2", check(sum)))).stdout, /OK, checksum verified\n/);
  assert.match(await ok(download("noble.qcow2", check(sum))), /OK, got correct file already/);
  const said = async (command: string) => (await sh(command)).stderr.split("\n").slice(0, 2).join(" ").trim();
  assert.equal(
    await said(download("noble.qcow2")),
    "refusing to override existing file '/var/lib/vz/import/noble.qcow2'",
  );
  assert.equal(
    await said(download("other.qcow2", check("00"))),
    `checksum mismatch: got '${sum}' != expect '00'`,
  );
  assert.equal(await said(download("other.qcow2", "", `${SITE}/none.img`)), "download failed: exit code 8");
  assert.equal(
    await said(download("other.qcow2", "", "https://mirror.test/x.img")),
    "download failed: exit code 4",
  );
  assert.equal(
    await said(download("noble.img")),
    "400 Parameter verification failed. filename: invalid filename or wrong extension",
  );
  assert.match(
    await ok("pvesm list local --content import"),
    /^local:import\/noble\.qcow2 +qcow2 +import 262144 *$/m,
  );
  assert.equal((await sh("ls /var/lib/vz/import")).stdout, "noble.qcow2\n");
});

test("machines made side by side of one image, which the lab has not made yet", { skip }, async () => {
  await ok("rm -rf /run/lab-images");
  const from = "--scsi0 local-lvm:0,import-from=local:import/noble.qcow2";
  const all = [8001, 8002, 8003].map((id) => `{ ${create(id, from)} >/dev/null || echo ${id} failed; } &`);
  assert.deepEqual(await sh(`${all.join(" ")} wait`), { code: 0, stdout: "", stderr: "" });
  for (const id of [8001, 8002, 8003]) await ok(`qm destroy ${id}`);
});

test("cloud-init makes user, keys, password, name and network of the first start", { skip }, async () => {
  await ok(`printf '${VENDOR}' >/var/lib/vz/snippets/vendor.yaml; echo "ssh-ed25519 AAAA me@desk" >key.pub`);
  const made = await ok(
    create(
      9000,
      `--agent 1 --scsi0 ct:0,import-from=local:import/noble.qcow2 --ciuser admin --cipassword secret --sshkeys key.pub \
      --ipconfig0 ip=10.0.0.77/24,gw=10.0.0.1 --nameserver 10.0.0.1 --searchdomain lab.test \
      --cicustom vendor=local:snippets/vendor.yaml`,
    ),
  );
  assert.match(made, /^scsi0: successfully created disk 'ct:vm-9000-disk-0,size=3584M'$/m);
  await ok("qm resize 9000 scsi0 10G");
  assert.equal(await ok("zfs get -Hpo value volsize tank/ct/vm-9000-disk-0"), `${10 * 1024 ** 3}\n`);
  assert.equal(await ok("qm start 9000"), "generating cloud-init ISO\n");
  await ok(agentOf(9000));
  assert.equal(
    await inside(9000, "cloud-init status --wait --long"),
    "status: done\ndetail: DataSourceNoCloud\nerrors: []\n",
  );
  assert.equal(
    await inside(9000, "hostname; hostname -f; nproc; cat /root/vendor"),
    "web9000\nweb9000\n2\nvendor\n".replace("web9000\n2", "web9000.lab.test\n2"),
  );
  assert.equal(
    await inside(
      9000,
      "id -un admin; id -Gn admin; cat ~admin/.ssh/authorized_keys; sudo -u admin sudo -n id -un",
    ),
    "admin\nadmin adm sudo cdrom dip lxd\nssh-ed25519 AAAA me@desk\nroot\n",
  );
  assert.match(await inside(9000, "grep ^admin: /etc/shadow"), /^admin:\$5\$[^:]{40,}:/);
  assert.equal(await inside(9000, "cat /etc/resolv.conf"), "nameserver 10.0.0.1\nsearch lab.test\n");
  assert.equal(
    await inside(9000, "ip route; ip -o -4 addr show eth0"),
    "default via 10.0.0.1 dev eth0 proto static \n10.0.0.0/24 dev eth0 proto kernel scope link src 10.0.0.77 \n" +
      "1: eth0    inet 10.0.0.77/24 scope global eth0\n",
  );
  const shown = await ok("qm config 9000");
  assert.match(shown, /^cipassword: \*{10}$/m);
  assert.match(shown, /^sshkeys: ssh-ed25519%20AAAA%20me%40desk%0A$/m);
});

test("the agent runs programs for real and answers as qm prints it", { skip }, async () => {
  assert.equal(
    await ok("qm guest exec 9000 -- bash -c 'echo out; echo err >&2; exit 3'"),
    '{\n   "err-data" : "err\\n",\n   "exitcode" : 3,\n   "exited" : 1,\n   "out-data" : "out\\n"\n}\n',
  );
  assert.match(await ok("printf 'a b' | qm guest exec 9000 --pass-stdin 1 -- cat"), /"out-data" : "a b"/);
  const late = await sh("qm guest exec 9000 --timeout 1 -- sleep 3");
  assert.deepEqual([late.code, late.stderr], [0, "timeout reached, returning pid\n"]);
  const { pid } = JSON.parse(late.stdout) as { pid: number };
  assert.deepEqual(JSON.parse(await ok(`qm guest exec-status 9000 ${pid}`)), { exited: 0 });
  const missing = await sh("qm guest exec 9000 -- nosuch");
  assert.deepEqual(
    [missing.code, missing.stderr],
    [
      255,
      "Agent error: Guest agent command failed, error was 'Failed to execute child process “nosuch” (No such file or directory)'\n",
    ],
  );
  const cards = JSON.parse(await ok("qm agent 9000 network-get-interfaces")) as {
    name: string;
    "ip-addresses": { "ip-address": string }[];
  }[];
  assert.deepEqual(
    cards.map(({ name, "ip-addresses": all }) => [name, ...all.map((one) => one["ip-address"])]),
    [
      ["lo", "127.0.0.1", "::1"],
      ["eth0", "10.0.0.77"],
    ],
  );
});

test("the API runs a program by a list of words, once and repeated", { skip }, async () => {
  const { api } = info(lab.dir);
  const call = (method: string, path: string, type: string, body: string): Promise<string> =>
    new Promise((done, fail) => {
      const headers = { Authorization: `PVEAPIToken=${token}`, "Content-Type": type };
      const sent = request(
        new URL(`/api2/json${path}`, api.endpoint),
        { method, headers, rejectUnauthorized: false },
        (answer) => {
          let text = "";
          answer.on("data", (part: Buffer) => (text += part.toString()));
          answer.on("end", () => done(text));
        },
      );
      sent.on("error", fail).end(body);
    });
  const made = await ok("pveum user token add root@pam vmtest --privsep 0 --output-format json");
  const token = `root@pam!vmtest=${(JSON.parse(made) as { value: string }).value}`;
  const path = "/nodes/phoenix/qemu/9000/agent";
  const bodies = [
    ["application/json", JSON.stringify({ command: ["printf", "%s-", "a", "b c"] })],
    ["application/x-www-form-urlencoded", "command=printf&command=%25s-&command=a&command=b+c"],
  ] as const;
  for (const [type, body] of bodies) {
    const started = JSON.parse(await call("POST", `${path}/exec`, type, body)) as { data: { pid: number } };
    await ok("sleep 0.3");
    assert.deepEqual(JSON.parse(await call("GET", `${path}/exec-status?pid=${started.data.pid}`, type, "")), {
      data: { exited: 1, exitcode: 0, "out-data": "a-b c-" },
    });
  }
  const file = "file=/etc/hostname";
  assert.deepEqual(JSON.parse(await call("GET", `${path}/file-read?${file}`, "text/plain", "")), {
    data: { content: "web9000\n" },
  });
});

test("an export of the node is mounted in a machine that it is open to", { skip }, async () => {
  await ok(
    "apt-get update >/dev/null 2>&1; apt-get install -y nfs-kernel-server >/dev/null && zfs create tank/open && zfs create tank/shut && " +
      "echo data >/tank/open/file && printf '/tank/open 10.0.0.0/24(rw,no_subtree_check)\\n/tank/shut 10.0.0.9(rw,no_subtree_check)\\n' >/etc/exports && exportfs -ra",
  );
  await ok("qm stop 9000 && qm start 9000 >/dev/null");
  await ok(agentOf(9000));
  const line = "10.0.0.13:/tank/open /mnt nfs defaults,_netdev 0 0";
  await inside(9000, `echo "${line}" >>/etc/fstab; mount /mnt; touch /mnt/from-machine; mount -a`);
  assert.equal(await ok("ls /tank/open"), "file\nfrom-machine\n");
  const refused = async (spec: string) =>
    (JSON.parse(await ok(`qm guest exec 9000 -- mount -t nfs ${spec} /media`)) as Exec)["err-data"];
  assert.equal(
    await refused("10.0.0.13:/tank/shut"),
    "mount.nfs: access denied by server while mounting 10.0.0.13:/tank/shut\n",
  );
  assert.equal(
    await refused("10.0.0.13:/none"),
    "mount.nfs: mounting 10.0.0.13:/none failed, reason given by server: No such file or directory\n",
  );
  assert.equal(await refused("10.0.0.99:/tank/open"), "mount.nfs: Connection timed out\n");
  await ok("qm reboot 9000 >/dev/null");
  await ok(agentOf(9000));
  assert.equal(await inside(9000, "cat /mnt/file"), "data\n");
});

test(
  "a snapshot brings files back; the power button and the system itself end a machine",
  { skip },
  async () => {
    await inside(9000, "echo one >/root/state");
    assert.equal(await ok("qm snapshot 9000 s1"), "snapshotting 'drive-scsi0' (ct:vm-9000-disk-0)\n");
    await inside(9000, "echo two >/root/state");
    await ok("qm rollback 9000 s1 --start 1");
    await ok(agentOf(9000));
    assert.equal(await inside(9000, "cat /root/state"), "one\n");
    await ok(
      "qm delsnapshot 9000 s1 && qm guest exec 9000 -- systemctl poweroff && qm wait 9000 --timeout 10",
    );
    assert.equal(await ok("qm status 9000"), "status: stopped\n");
    await ok("qm start 9000 >/dev/null && qm shutdown 9000");
    assert.equal(await ok("qm status 9000"), "status: stopped\n");
  },
);

test(
  "a machine without a system runs, has no agent and does not hear the power button",
  { skip },
  async () => {
    await ok("qm create 9005 --agent 1 --scsi0 local:1 && qm start 9005");
    assert.deepEqual(await sh("qm agent 9005 ping"), {
      code: 255,
      stdout: "",
      stderr: "QEMU guest agent is not running\n",
    });
    assert.deepEqual(await sh("qm shutdown 9005 --timeout 1"), {
      code: 255,
      stdout: "",
      stderr: "VM quit/powerdown failed - got timeout\n",
    });
    assert.deepEqual(await sh("qm shutdown 9005 --timeout 1 --forceStop 1"), {
      code: 0,
      stdout: "",
      stderr: "VM still running - terminating now with SIGTERM\n",
    });
    assert.equal(
      (await sh("qm set 9005 --delete agent >/dev/null; qm agent 9005 ping")).stderr,
      "No QEMU guest agent configured\n",
    );
  },
);

test("clones of a cleaned template are machines of their own", { skip }, async () => {
  await ok("qm start 9000 >/dev/null");
  await ok(agentOf(9000));
  await inside(9000, "cloud-init clean --logs --machine-id");
  await ok("qm shutdown 9000 && qm set 9000 --ipconfig0 ip=dhcp && qm template 9000");
  await ok("qm clone 9000 9001 --name one && qm clone 9000 9002 --name two --full 1");
  assert.equal(
    await ok("zfs get -Ho value origin tank/ct/vm-9001-disk-0 tank/ct/vm-9002-disk-0"),
    "tank/ct/base-9000-disk-0@__base__\n-\n",
  );
  const seen: string[] = [];
  for (const id of [9001, 9002]) {
    await ok(`qm start ${id} >/dev/null`);
    await ok(agentOf(id));
    seen.push(
      await inside(
        id,
        "cloud-init status --wait >/dev/null; hostname; ip -o -4 addr show eth0; cat /etc/machine-id",
      ),
    );
  }
  const [one = [], two = []] = seen.map((text) => text.trim().split("\n"));
  assert.deepEqual(
    [one.slice(0, 2), two.slice(0, 2)],
    [
      ["one", "1: eth0    inet 10.0.0.100/24 scope global eth0"],
      ["two", "1: eth0    inet 10.0.0.101/24 scope global eth0"],
    ],
  );
  assert.match(one[2] ?? "", /^[0-9a-f]{32}$/);
  assert.notEqual(one[2], two[2]);
  assert.equal(
    (await sh("qm destroy 9000")).stderr,
    "base volume 'ct:base-9000-disk-0' is still in use by linked cloned\n",
  );
});

test(
  "a machine that is switched off while something is installed in it holds nothing up",
  { skip },
  async () => {
    for (let round = 0; round < 3; round++)
      await ok(
        `qm stop 9001; qm start 9001 >/dev/null; (qm guest exec 9001 -- true; sleep 0.0${round}) >/dev/null 2>&1; qm stop 9001`,
      );
    assert.equal(await ok("qm status 9001"), "status: stopped\n");
    await ok("qm stop 9002 && qm destroy 9001 && qm destroy 9002 && qm destroy 9000 --purge 1");
    assert.equal(await ok("zfs list -Hro name tank/ct"), "tank/ct\n");
  },
);

test("a card is passed through by its mapping, to one running machine", { skip }, async () => {
  const start = async (set: string) =>
    (await sh(`qm set 9005 ${set} >/dev/null && qm start 9005`)).stderr.trim();
  assert.equal(await start("--hostpci0 0000:05:00"), "no PCI device found for '0000:05:00'");
  assert.equal(await start("--hostpci0 mapping=gpu0"), "PCI device mapping not found for 'gpu0'");
  const map = (id: string, more = ",iommugroup=14,subsystem-id=1043:8a31") =>
    `pvesh create /cluster/mapping/pci --id gpu0 --map node=phoenix,path=0000:01:00,id=${id}${more}`;
  const changed = "PCI device mapping invalid (hardware probably changed):";
  await ok(map("10de:1234"));
  assert.equal(
    await start("--cores 1"),
    `${changed} 'id' does not match for 'gpu0' (10de:2d04 != 10de:1234)`,
  );
  await ok(`pvesh delete /cluster/mapping/pci/gpu0 && ${map("10de:2d04", "")}`);
  assert.equal(
    await start("--cores 1"),
    `${changed} missing expected property 'iommugroup' for device '0000:01:00.0'`,
  );
  await ok(`pvesh delete /cluster/mapping/pci/gpu0 && ${map("10de:2d04")}`);
  assert.equal(
    await ok("cat /etc/pve/mapping/pci.cfg"),
    "gpu0\n\tmap id=10de:2d04,iommugroup=14,node=phoenix,path=0000:01:00,subsystem-id=1043:8a31\n",
  );
  assert.equal(await start("--cores 1"), "");
  await ok("qm create 9006 --hostpci0 mapping=gpu0");
  assert.equal(
    (await sh("qm start 9006")).stderr,
    "PCI device '0000:01:00.0' already in use by VMID '9005'\n",
  );
  assert.equal(await ok("qm stop 9005 && qm start 9006 && qm status 9006"), "status: running\n");
  await ok("qm stop 9006");
  assert.equal(
    (await sh("qm set 9006 --hostpci0 0000:02:00,pcie=1 >/dev/null && qm start 9006")).stderr,
    "q35 machine model is not enabled\n",
  );
});

test(
  "Debian's image takes its agent from Debian; local-lvm has snapshots and templates",
  { skip },
  async () => {
    const image = "https://cloud.debian.org/images/cloud/trixie/latest/debian-13-genericcloud-amd64.qcow2";
    const made = create(
      9010,
      `--agent 1 --scsi0 local-lvm:0,import-from=/root/debian.qcow2 --ipconfig0 ip=dhcp --cicustom vendor=local:snippets/vendor.yaml`,
    );
    await ok(`wget -q -O /root/debian.qcow2 ${image} && ${made} && qm start 9010`);
    await ok(agentOf(9010));
    assert.equal(
      await inside(9010, "cloud-init status --wait; . /etc/os-release; echo $ID $VERSION_ID; id -Gn debian"),
      "status: done\ndebian 13\ndebian adm sudo cdrom dip\n",
    );
    await ok(
      "qm snapshot 9010 s1 && qm guest exec 9010 -- touch /root/later && qm rollback 9010 s1 --start 1",
    );
    await ok(agentOf(9010));
    assert.equal(await inside(9010, "ls /root"), "vendor\n");
    await ok("qm delsnapshot 9010 s1 && qm stop 9010 && qm template 9010 && qm clone 9010 9011 --name thin");
    assert.match(await ok("qm config 9011"), /^scsi0: local-lvm:vm-9011-disk-0,size=3G$/m);
    // A thin volume stands alone: its base may go first.
    await ok("qm destroy 9010 && qm start 9011");
    await ok(agentOf(9011));
    assert.equal(await inside(9011, "hostname; ls /root"), "thin\nvendor\n");
    await ok("qm stop 9011 && qm destroy 9011");
    assert.equal(await ok("pvesm list local-lvm | tail -n +2"), "");
  },
);

test("what cloud-init is told in vain stands in its status", { skip }, async () => {
  const text = "#cloud-config\\npackages: [qemu-guest-agent, nosuch]\\nntp: {}\\n";
  await ok(`printf '${text}' >/var/lib/vz/snippets/bad.yaml`);
  await ok(
    create(
      9007,
      "--agent 1 --scsi0 local:0,import-from=local:import/noble.qcow2 --cicustom vendor=local:snippets/bad.yaml",
    ) + " && qm start 9007",
  );
  // The one package that does not exist keeps the agent away too, as apt-get installs all or none.
  assert.equal((await sh("sleep 1.5; qm agent 9007 ping")).stderr, "QEMU guest agent is not running\n");
  const file = "/var/lib/vz/images/9007/.vm-9007-disk-0.qcow2.mounted/var/log/cloud-init-output.log";
  assert.match(await ok(`cat ${file}`), /E: Unable to locate package nosuch/);
  await ok("qm stop 9007 && qm destroy 9007");
});
