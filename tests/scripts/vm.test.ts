import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { machineRestarts } from "../components/restarts";
import { scriptOf } from "../helpers/scripts";
import { type Answer, Node, noLab, tag } from "./node";
import { imageUrl, refused, runVm } from "./vm-node";

const of = (vmid: number, name = "web") => ({ vmid, name, tag });

// One machine after another on one node: each test starts from where the one before it ended.
describe("a virtual machine's scripts on a node", { skip: noLab }, () => {
  let node: Node;
  const run = (step: string, settings: object) => runVm(node, step, settings);
  const alone = (step: string, settings: object) => node.script(scriptOf("vm", step), settings);
  const conf = (vmid: number) => node.sh(`cat /etc/pve/qemu-server/${vmid}.conf`);

  /** What it did, and that once more it does nothing. */
  async function settles(step: string, settings: object, did: string[], again = true): Promise<void> {
    const first = await run(step, settings);
    assert.equal(first.code, 0, first.stderr);
    assert.deepEqual(first.result?.did, did);
    if (again) assert.deepEqual((await run(step, settings)).result?.did, []);
  }

  before(async () => {
    node = await Node.start();
    await node.sh(`pvesm set local --content images,iso,vztmpl,backup,rootdir
      mkdir -p /var/lib/vz/import /srv && wget -q -O /srv/noble.img ${imageUrl} && echo text >/srv/text.img`);
  });
  after(() => node.stop());

  test("the storage that Proxmox VE ships is opened for images, and closed again", async () => {
    const settings = { storage: "local", content: ["import", "snippets"], tag };
    assert.deepEqual((await alone("storage-content", settings)).result?.did, [
      "storage local holds import,snippets too",
    ]);
    assert.deepEqual((await alone("storage-content-remove", settings)).result?.did, [
      "storage local holds backup,images,iso,rootdir,vztmpl again",
    ]);
    assert.deepEqual((await alone("storage-content", settings)).result?.did, [
      "storage local holds import,snippets too",
    ]);
    assert.deepEqual((await alone("storage-content", settings)).result?.did, []);
    refused(
      await alone("storage-content", { ...settings, storage: "nowhere" }),
      "storage nowhere does not exist on node 'phoenix'; nothing was changed. Name another image_storage",
    );
  });

  test("an image: copied from a path, once; what is none is refused", async () => {
    const settings = { storage: "local", file: "phoenix-noble.qcow2", path: "/srv/noble.img" };
    const did = ["copied /srv/noble.img to local:import/phoenix-noble.qcow2"];
    assert.deepEqual((await alone("image", settings)).result?.did, did);
    assert.deepEqual((await alone("image", settings)).result?.did, []);
    await node.sh("echo broken >/var/lib/vz/import/phoenix-noble.qcow2");
    assert.deepEqual((await alone("image", settings)).result?.did, did);
    assert.deepEqual(
      (await alone("image", { storage: "local", file: "phoenix-noble.qcow2" })).result?.did,
      [],
    );
    refused(
      await alone("image", { storage: "local", file: "nothing.qcow2" }),
      "image local:import/nothing.qcow2 does not exist; nothing was changed. 'pvesm list local --content import' lists what there is; put the file there, or name another template",
    );
    refused(
      await alone("image", { ...settings, path: "/srv/gone.img" }),
      "image /srv/gone.img does not exist on node 'phoenix'; nothing was changed. Correct the template's path",
    );
    refused(
      await alone("image", { ...settings, path: "/srv/text.img" }),
      "/srv/text.img is no qcow2 image; nothing was changed. Give a path that ends in .raw for a raw one",
    );
  });

  test("a VMID: the first free one from 9000, kept; a given one proven free; foreign guests refused", async () => {
    await node.sh(`qm create 9000 --name foreign --memory 512
      mkdir -p /var/lib/phoenix && echo >/etc/pve/lxc/9001.conf 'hostname: box'`);
    const claim = (settings: object) => run("claim", { tag, taken: [], adopt: [], ...settings });
    const vmid = ({ result }: Answer) => (result as { vmid?: number } | undefined)?.vmid;
    const chosen = await claim({ name: "web", taken: [9002] });
    assert.deepEqual([vmid(chosen), chosen.result?.did], [9003, ["VMID 9003 is for web"]]);
    await node.sh("rm /etc/pve/lxc/9001.conf");
    const again = await claim({ name: "web" });
    assert.deepEqual([vmid(again), again.result?.did], [9003, []]);
    assert.equal(vmid(await claim({ name: "other" })), 9001);
    assert.equal(vmid(await claim({ name: "given", vmid: 9100 })), 9100);
    const foreign =
      "VM 9000 already exists on node 'phoenix' as 'foreign' and is not of this stack (it has no tag 'phoenix-test'). It was left untouched. Give the entry another vmid, remove that machine, or let this stack take it over: pulumi config set --path 'phoenix:adopt[0]' 9000";
    refused(await claim({ name: "web", vmid: 9000 }), foreign);
    assert.doesNotMatch(await conf(9000), /tags/);
    const adopted = await claim({ name: "web", vmid: 9000, adopt: [9000] });
    assert.deepEqual(adopted.result?.did, ["VM 9000 taken over"]);
    await claim({ name: "cut", vmid: 9200 });
    await node.sh("qm create 9200 --name cut --memory 512");
    assert.deepEqual((await claim({ name: "cut", vmid: 9200 })).result?.did, ["removed half-made VM 9200"]);
    await node.sh("qm create 9200 --name theirs --memory 512");
    refused(await claim({ name: "cut", vmid: 9200 }), /VM 9200 already exists on node 'phoenix' as 'theirs'/);
    await node.sh("qm destroy 9200; echo >/etc/pve/lxc/9004.conf 'hostname: box'");
    refused(
      await claim({ name: "web", vmid: 9004 }),
      "id 9004 is taken by CT 'box' on this cluster; it was left untouched. Give web another vmid.",
    );
    await node.sh("rm /etc/pve/lxc/9004.conf; qm destroy 9000");
  });

  const values = { cores: 2, memory: 1024, cpu: "x86-64-v2-AES", machine: "q35", bios: "seabios", agent: 1 };
  const configure = {
    ...{ ...of(9003), storage: "local", diskGb: 8, protect: false, absent: ["startup"], snippets: "local" },
    values: {
      ...values,
      name: "web",
      description: "Web: 100 %\n",
      onboot: 0,
      protection: 0,
      boot: "order=scsi0",
    },
    net0: { bridge: "vmbr0", mac: "52:54:00:00:00:01" },
    cloudInit: {
      values: { ciuser: "ops", ipconfig0: "ip=10.0.0.60/24,gw=10.0.0.1" },
      sshKeys: ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA ops@here"],
      passwordHash: "$6$salt$abcdefgh",
    },
  };

  const start = { ...of(9003), timeLimit: 30, agent: true, restartWhenChanged: {} };

  test("configure sets what differs, once; what is changed by hand comes back", async () => {
    refused(
      await run("configure", configure),
      "VM 9003 (web) does not exist on node 'phoenix' any more; run 'phoenix refresh', then 'phoenix up'",
    );
    await node.sh(`qm create 9003 --name web --memory 512 --tags ${tag} --machine q35 --serial0 socket
      qm set 9003 --net0 virtio=52:54:00:00:00:01,bridge=vmbr0,firewall=1
      qm set 9003 --scsi0 local:0,import-from=local:import/phoenix-noble.qcow2,format=qcow2`);
    await settles("configure", configure, [
      "VM 9003: cores unset -> 2",
      "VM 9003: memory 512 -> 1024",
      "VM 9003: cpu unset -> x86-64-v2-AES",
      "VM 9003: agent unset -> 1",
      "VM 9003: boot unset -> order=scsi0",
      "VM 9003: description",
      "VM 9003: ide2 unset -> local:cloudinit",
      "VM 9003: ciuser unset -> ops",
      "VM 9003: ipconfig0 unset -> ip=10.0.0.60/24,gw=10.0.0.1",
      "VM 9003: sshkeys",
      "VM 9003: cicustom unset -> vendor=local:snippets/phoenix-agent.yaml",
      "wrote /var/lib/vz/snippets/phoenix-agent.yaml",
      "VM 9003: password of cloud-init",
      "VM 9003: disk 3G -> 8G",
    ]);
    assert.match(await conf(9003), /^net0: virtio=52:54:00:00:00:01,bridge=vmbr0,firewall=1$/m);
    await node.sh("qm set 9003 --cores 1 --delete ciuser --startup order=1 --hostpci0 mapping=nothing");
    const net0 = { bridge: "vmbr0", tag: "7", mac: "52:54:00:00:00:01" };
    await settles("configure", { ...configure, net0 }, [
      "VM 9003: cores 1 -> 2",
      "VM 9003: startup order=1 -> unset",
      "VM 9003: hostpci0 mapping=nothing -> unset",
      "VM 9003: net0 virtio=52:54:00:00:00:01,bridge=vmbr0,firewall=1 -> virtio=52:54:00:00:00:01,bridge=vmbr0,firewall=1,tag=7",
      "VM 9003: ciuser unset -> ops",
    ]);
    assert.equal((await run("configure", configure)).code, 0);
    refused(
      await run("configure", { ...configure, diskGb: 4 }),
      "the disk of VM 9003 (web) has 8G and cannot shrink to 4G: set disk_size_gb to 8 or more",
    );
    await node.sh("qm set 9003 --tags other");
    refused(
      await run("configure", configure),
      /^phoenix: VM 9003 already exists .* has no tag 'phoenix-test'/,
    );
    await node.sh(`qm set 9003 --tags ${tag}`);
  });

  test("the password's hash stands in no list of processes and in no log", async () => {
    assert.match(await conf(9003), /^cipassword: \$6\$salt\$abcdefgh$/m);
    assert.equal(await node.sh("grep -rlF 'abcdefgh' /var/log /var/lib/phoenix || true"), "");
  });

  test("it starts once, the agent is awaited, and scripts run in it", async () => {
    await settles("start", start, ["started VM 9003"]);
    await settles("agent", { ...of(9003), seconds: 60 }, []);
    const script = {
      ...{ ...of(9003), step: "script-hello", file: "hello.sh", seconds: 30 },
      script:
        '#!/bin/bash\necho "$1 $PHOENIX_VMID $PHOENIX_CTID $PHOENIX_NAME"\ncat "$PHOENIX_CONFIG" >/hello\n',
      environment: { PHOENIX_NAME: "it's" },
      config: { vms: [{ name: "web" }] },
    };
    const ran = await run("in-vm", script);
    assert.deepEqual(ran.result?.did, ["VM 9003: ran hello.sh"], ran.stderr);
    assert.match(
      await node.sh("cat /var/log/phoenix_hypervisor/vm-9003-script-hello.log"),
      /^9003 9003 9003 it's$/m,
    );
    const inside = JSON.parse(
      await node.sh("qm guest exec 9003 -- sh -c 'cat /hello; ls -A /tmp'"),
    ) as Record<string, string>;
    assert.deepEqual(JSON.parse(inside["out-data"]!), { vms: [{ name: "web" }] });
    refused(
      await run("in-vm", {
        ...script,
        script: "#!/bin/bash\necho no space >&2\nexit 3\n",
        reasons: { "3": "it is full" },
      }),
      "hello.sh failed in VM 9003 (web) with exit code 3: it is full",
    );
    refused(
      await run("in-vm", { ...script, seconds: 1, script: "#!/bin/bash\nsleep 30\n" }),
      "hello.sh was ended in VM 9003 (web) after 1 s",
    );
  });

  test("a health check: its command, its tries, its limit", async () => {
    const health = { ...of(9003), command: "test -e /hello", retries: 2, interval: 1, timeLimit: 5 };
    await settles("health", health, []);
    refused(
      await run("health", { ...health, command: "exit 7" }),
      "the health check of VM 9003 (web) failed 2 times, the last time with exit code 7: exit 7",
    );
    refused(
      await run("health", { ...health, retries: 1, timeLimit: 1, command: "sleep 20" }),
      "the health check of VM 9003 (web) did not end within 1 s, 1 times",
    );
  });

  const card = "0000:02:00";
  const inMachine = async (command: string): Promise<string> =>
    (JSON.parse(await node.sh(`qm guest exec 9003 -- sh -c '${command}'`)) as Record<string, string>)[
      "out-data"
    ]!;
  const cloudInit = (over: object) => ({
    cloudInit: { ...configure.cloudInit, values: { ...configure.cloudInit.values, ...over } },
  });
  const value = (over: object) => ({ values: { ...configure.values, ...over } });
  /**
   * What a running machine takes up at a start: words of the announced restart, the change, and how it is seen in the
   * machine or outside.
   */
  const cold: [words: string, change: object, seen: () => Promise<string>, is: RegExp][] = [
    [
      "cores memory cpu machine boot",
      value({ cores: 3, memory: 2048, cpu: "host", machine: "pc", boot: "order=scsi0;net0" }),
      () => conf(9003),
      /^boot: order=scsi0;net0$[^]*^cores: 3$[^]*^cpu: host$[^]*^machine: pc$[^]*^memory: 2048$/m,
    ],
    ["name", { ...value({ name: "renamed" }), name: "renamed" }, () => inMachine("hostname"), /^renamed$/m],
    [
      "mac",
      { net0: { bridge: "vmbr0", mac: "52:54:00:00:00:02" } },
      () => inMachine("cat /sys/class/net/e*/address"),
      /^52:54:00:00:00:02$/m,
    ],
    [
      "ciuser ipconfig0 nameserver searchdomain",
      cloudInit({
        ...{ ciuser: "other", ipconfig0: "ip=10.0.0.61/24,gw=10.0.0.1" },
        ...{ nameserver: "10.0.0.7", searchdomain: "lab.test" },
      }),
      async () =>
        `${await inMachine("id other; ip -4 -o address")}\n${(await conf(9003)).match(/^nameserver.*$/m)?.[0]}`,
      /^uid=\d+\(other\)[^]*10\.0\.0\.61\/24[^]*^nameserver: 10\.0\.0\.7$/m,
    ],
    [
      "sshKeys",
      { cloudInit: { ...configure.cloudInit, sshKeys: ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5BBBB new@here"] } },
      () => inMachine("cat ~ops/.ssh/authorized_keys"),
      /BBBB new@here/,
    ],
    [
      "passwordHash",
      { cloudInit: { ...configure.cloudInit, passwordHash: "$6$salt$another" } },
      () => inMachine("grep ^ops: /etc/shadow"),
      /^ops:\$6\$salt\$another:/,
    ],
    [
      "bios",
      value({ bios: "ovmf" }),
      () => conf(9003),
      /^bios: ovmf$[^]*^efidisk0: local:9003\/vm-9003-disk-\d+\.qcow2,/m,
    ],
    ["agent", value({ agent: 0 }), () => conf(9003), /^agent: 0$/m],
    ["snippets", { snippets: undefined }, () => conf(9003), /^(?![^]*^cicustom:)/],
    ["hostpci0", value({ hostpci0: card }), () => conf(9003), new RegExp(`^hostpci0: ${card}$`, "m")],
  ];
  for (const [words, change, seen, is] of cold) {
    test(`what takes effect at a start only restarts it once: ${words}`, async () => {
      const of = { name: "web", ...change };
      const changed = await run("configure", { ...configure, ...of });
      assert.equal(changed.code, 0, changed.stderr);
      assert.notDeepEqual(changed.result?.did, []);
      assert.deepEqual((await run("configure", { ...configure, ...of })).result?.did, []);
      const agent = words !== "agent";
      await settles("start", { ...start, name: of.name, agent }, ["restarted VM 9003"]);
      assert.match(await seen(), is);
      assert.doesNotMatch(await conf(9003), /PENDING/);
    });
  }

  test("each word of the table is among them; the others have files of their own", () => {
    // vm-disks.test.ts, vm-options.test.ts, vm-hardware.test.ts
    const apart = [
      ...[
        "disks",
        "noBalloon",
        "numa",
        "sockets",
        "vga",
        "serial0",
        "serial1",
        "ipconfig1",
        "ipconfig2",
        "macs",
      ],
    ];
    const covered = cold.flatMap(([words]) => words.split(" ")).filter((word) => word in machineRestarts);
    assert.deepEqual([...covered, ...apart].sort(), Object.keys(machineRestarts).sort());
  });

  test("a device that only waits for its removal: taken back, or out with one restart", async () => {
    const devices = async () => (await conf(9003)).match(/^(hostpci0|delete|\[PENDING\]).*$/gm) ?? [];
    const has = value({ hostpci0: card });
    const did = async (over: object = {}) => {
      const { result, stderr } = await run("configure", { ...configure, ...over });
      return result?.did ?? stderr;
    };
    assert.deepEqual(await did(), [`VM 9003: hostpci0 ${card} -> unset`]);
    assert.deepEqual(await devices(), [`hostpci0: ${card}`, "[PENDING]", "delete: hostpci0"]);
    assert.deepEqual(await did(), []);
    assert.deepEqual(await did(has), [`VM 9003: hostpci0 unset -> ${card}`]);
    assert.deepEqual(await devices(), [`hostpci0: ${card}`]);
    assert.deepEqual((await run("start", start)).result?.did, []);
    await did();
    await settles("start", start, ["restarted VM 9003"]);
    assert.deepEqual(await devices(), []);
  });

  test("and what Proxmox VE changes while it runs does not", async () => {
    await run("configure", configure);
    await run("start", start);
    for (const change of [
      { values: { ...configure.values, description: "Other\n", onboot: 1, startup: "order=2" } },
      { net0: { bridge: "vmbr0", tag: "7", mac: "52:54:00:00:00:01" } },
      { diskGb: 9 },
    ]) {
      assert.equal((await run("configure", { ...configure, diskGb: 9, ...change })).code, 0);
      assert.deepEqual((await run("start", start)).result?.did, []);
    }
  });

  test("a change that waits and is taken back restarts nothing; one that somebody else made is seen", async () => {
    const more = { ...configure, diskGb: 9 };
    await run("configure", more);
    assert.deepEqual(
      (await run("configure", { ...more, ...value({ cores: 4, memory: 3072 }) })).result?.did,
      ["VM 9003: cores 2 -> 4", "VM 9003: memory 1024 -> 3072"],
    );
    assert.deepEqual((await run("configure", more)).result?.did, [
      "VM 9003: cores 4 -> 2",
      "VM 9003: memory 3072 -> 1024",
    ]);
    assert.deepEqual((await run("start", start)).result?.did, []);
    await node.sh("qm set 9003 --delete cpu,agent");
    assert.match(await conf(9003), /^delete: agent,cpu$/m);
    assert.deepEqual((await run("configure", more)).result?.did, [
      "VM 9003: cpu unset -> x86-64-v2-AES",
      "VM 9003: agent unset -> 1",
    ]);
    assert.doesNotMatch(await conf(9003), /PENDING/);
    assert.deepEqual((await run("start", start)).result?.did, []);
  });

  test("power: shut down and started as asked; a step inside starts a stopped one for itself", async () => {
    const power = { ...of(9003), timeLimit: 30, agent: true };
    await settles("power", { ...power, state: "stopped" }, ["shut down VM 9003"]);
    const health = { ...of(9003), command: "true", retries: 1, interval: 1, timeLimit: 5 };
    assert.deepEqual((await run("health", health)).result?.did, ["started VM 9003"]);
    assert.equal(await node.sh("qm status 9003"), "status: stopped\n");
    refused(
      await run("health", { ...health, start: false }),
      "VM 9003 (web) does not run; start it: qm start 9003",
    );
    assert.equal(await node.sh("qm status 9003"), "status: stopped\n");
    await settles("power", { ...power, state: "running" }, ["started VM 9003"]);
  });

  test("a snapshot is taken once, and only one of ours is removed", async () => {
    const snapshot = { ...of(9003), snapshot: "fresh" };
    await settles("snapshot", snapshot, ["made snapshot 'fresh' of VM 9003"]);
    await settles("snapshot-remove", snapshot, ["removed snapshot 'fresh' of VM 9003"]);
    await node.sh("qm snapshot 9003 fresh --description mine");
    await settles("snapshot-remove", snapshot, []);
    await node.sh("qm delsnapshot 9003 fresh");
  });

  test("one that stands loses nothing when its configure step alone is replaced", async () => {
    const all = () =>
      node.sh(
        "cat /etc/pve/qemu-server/9003.conf; cd /var/lib/phoenix/guests; tail -n +1 vm-9003.*; qm status 9003",
      );
    await node.sh("qm set 9003 --scsi5 local-lvm:1; qm set 9003 --delete scsi5");
    const before = await all();
    assert.match(before, /^unused0: local-lvm:vm-9003-disk-\d+$/m);
    assert.match(before, /vm-9003\.running <==/);
    await settles("configure-remove", { ...of(9003), protect: false }, []);
    assert.equal(await all(), before);
    await settles("start-remove", of(9003), []);
    assert.match(await node.sh("qm status 9003"), /running/);
    await node.sh("qm set 9003 --delete unused0");
  });

  test("one that is protected is not let go, and nothing of it is stopped", async () => {
    refused(
      await run("configure-remove", { ...of(9003), protect: true }),
      "VM 9003 (web) has protect: true and is not deleted; nothing of it was stopped. Set protect to false and run 'phoenix up' if it may go.",
    );
    assert.equal(await node.sh("qm status 9003"), "status: running\n");
    await node.sh("qm set 9003 --protection 1");
    refused(
      await run("configure-remove", { ...of(9003), protect: false }),
      "VM 9003 (web) is protected in Proxmox VE and is not deleted; nothing of it was stopped. If it may go: qm set 9003 --protection 0",
    );
    await node.sh("qm set 9003 --protection 0");
    await settles("configure-remove", { ...of(9003), protect: false }, []);
    await settles("configure-remove", { ...of(9099), protect: false }, []);
  });

  test("a disk that somebody added is not lost: refused while it is attached, kept once it is detached", async () => {
    await node.sh(
      "qm create 9010 --name data --memory 512 --tags phoenix-test --scsi0 local-lvm:1 --scsi1 local-lvm:2",
    );
    const release = { ...of(9010, "data"), protect: false };
    refused(
      await run("configure-remove", release),
      "VM 9010 (data) has disks that are not this stack's: scsi1 (local-lvm:vm-9010-disk-1). It is not deleted; nothing of it was stopped. Detach what is to stay: qm set 9010 --delete scsi1; or delete the machine by hand",
    );
    await node.sh("qm set 9010 --delete scsi1");
    await settles("configure-remove", release, ["VM 9010: its disks local-lvm:vm-9010-disk-1 are kept"]);
    await node.sh("qm destroy 9010");
    assert.match(await node.sh("pvesm list local-lvm"), /vm-9010-disk-1/);
  });

  test("what installs the agent goes with the last machine and the last stack that uses it", async () => {
    const file = "/var/lib/vz/snippets/phoenix-agent.yaml";
    const snippets = (step: string, tag: string, storage = "local") =>
      node.script(scriptOf("vm", step), { storage, tag });
    const did = async (answer: Promise<Answer>) => (await answer).result?.did;
    assert.deepEqual(await did(snippets("snippets", "phoenix-one")), []);
    assert.deepEqual(await did(snippets("snippets", "phoenix-two")), []);
    const used = await snippets("snippets-remove", "phoenix-one");
    assert.deepEqual(used.result?.did, []);
    assert.match(used.stderr, new RegExp(`^${file} stays: it is used by VM 9003$`, "m"));

    await node.sh("mkdir /srv/confs && mv /etc/pve/qemu-server/*.conf /srv/confs");
    await snippets("snippets", "phoenix-one");
    const needed = await snippets("snippets-remove", "phoenix-one");
    assert.match(needed.stderr, new RegExp(`^${file} stays: it is used by phoenix-two$`, "m"));
    assert.deepEqual(await did(snippets("snippets-remove", "phoenix-two")), [`removed ${file}`]);
    assert.deepEqual(await did(snippets("snippets-remove", "phoenix-two")), []);
    assert.equal(await node.sh(`ls ${file} /var/lib/phoenix/snippets/* 2>/dev/null || true`), "");

    // Somebody's own file of that name comes back; what somebody made of ours stays.
    await node.sh(`echo mine >${file}`);
    assert.deepEqual(await did(snippets("snippets", "phoenix-one")), [`wrote ${file}`]);
    assert.deepEqual(await did(snippets("snippets-remove", "phoenix-one")), [
      `removed ${file}`,
      `brought back what was in ${file} before`,
    ]);
    assert.equal(await node.sh(`cat ${file} && rm ${file}`), "mine\n");
    await snippets("snippets", "phoenix-one");
    await node.sh(`echo '# a proxy' >>${file}`);
    const changed = await snippets("snippets-remove", "phoenix-one");
    assert.deepEqual(changed.result?.did, []);
    assert.match(changed.stderr, new RegExp(`^${file} stays: somebody changed it$`, "m"));
    refused(
      await snippets("snippets", "phoenix-one", "nowhere"),
      "storage nowhere has no place for snippets; name a dir storage in snippets_storage",
    );
    await node.sh(`mv /srv/confs/*.conf /etc/pve/qemu-server && rm ${file}`);
    assert.deepEqual(await did(snippets("snippets", "phoenix-one")), [`wrote ${file}`]);
  });

  test("a template is cleaned of what makes it one machine; then nothing in it can change", async () => {
    const health = { ...of(9003), command: "true", retries: 1, interval: 1, timeLimit: 5 };
    await settles("template", { ...of(9003), timeLimit: 30 }, ["VM 9003 is a template"]);
    refused(
      await run("health", health),
      /^phoenix: VM 9003 \(web\) is a template and does not run, so nothing in it can change\./,
    );
    await node.sh("qm clone 9003 9005 --name copy --full 1 && qm start 9005");
    await settles("agent", { ...of(9005, "copy"), seconds: 60 }, []);
    const [one, other] = await Promise.all([
      node.sh("qm guest exec 9005 -- cat /etc/machine-id"),
      node.sh("qm guest exec 9005 -- cat /etc/hostname"),
    ]);
    assert.match((JSON.parse(one) as Record<string, string>)["out-data"]!, /^[0-9a-f]{32}\n$/);
    assert.equal((JSON.parse(other) as Record<string, string>)["out-data"], "copy\n");
  });

  test("a cloud-init that failed says why", async () => {
    await node.sh(`qm clone 9003 9006 --name bad --full 1
      printf '#cloud-config\\nbogus_module: 1\\n' >/var/lib/vz/snippets/bad.yaml
      qm set 9006 --tags ${tag} --cicustom vendor=local:snippets/phoenix-agent.yaml,user=local:snippets/bad.yaml
      qm start 9006`);
    refused(
      await run("agent", { ...of(9006, "bad"), seconds: 60 }),
      /^phoenix: VM 9006 \(bad\): cloud-init failed: .*bogus_module.*; see \/var\/log\/cloud-init\.log in it, mend cloud_init and run again$/,
    );
  });

  test("an agent that does not answer, and one that goes away, say so", async () => {
    const { vmid } = of(9005);
    await node.sh(`qm guest exec ${vmid} -- systemctl stop qemu-guest-agent || true`);
    refused(
      await run("agent", { ...of(9005, "copy"), seconds: 1 }),
      "VM 9005 (copy) runs, but its guest agent does not answer after 1 s. cloud-init installs it at the first start: does the machine reach its packages? Look inside: qm terminal 9005. Or set agent to false",
    );
  });
});
