import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { noLab } from "../scripts/node";
import { LabStack } from "../helpers/lab";
import { Project } from "../helpers/project";
import { latestLog, stepsOf } from "../helpers/steps";
import { dataset, vmHost } from "../helpers/vm-host";

const storage = "tank-guests";
const jammy = "https://cloud-images.ubuntu.com/jammy/current/jammy-server-cloudimg-amd64.img";

/** The host: one pool, an NFS export, and four machines; webserver-vm is the original's own entry. */
function hostFile() {
  return {
    ...vmHost,
    nfs: {
      exports: [
        { path: "tank/shared", clients: ["10.0.0.0/24"], options: ["rw", "sync", "no_subtree_check"] },
      ],
    },
    zfs: { ...vmHost.zfs, datasets: [...vmHost.zfs.datasets, dataset("shared", "dir", "backup")] },
    vm_defaults: {
      ...{ template: "ubuntu-24.04-standard", cores: 4, memory_mb: 8192, disk_size_gb: 100 },
      ...{ storage_pool: "local-lvm", network_bridge: "vmbr0" },
    },
    vms: [
      {
        ...{ name: "webserver-vm", cores: 4, memory_mb: 8192, disk_size_gb: 100 },
        post_create_scripts: ["install_webserver.sh"],
      },
      { name: "golden", storage_pool: storage, disk_size_gb: 10, is_template: true },
      {
        ...{
          name: "app",
          clone_from: "golden",
          storage_pool: storage,
          disk_size_gb: 20,
          dependencies: ["903"],
        },
        cloud_init: {
          user: "ops",
          password_hash: "$6$salt$NotInTheState",
          ip: "10.0.0.60/24",
          gateway: "10.0.0.1",
        },
        nfs_volumes: [{ export: "/tank/shared", mount_point: "/mnt/shared" }],
        health_check: { command: "test -d /mnt/shared" },
        snapshots: ["fresh"],
      },
      {
        ...{ name: "scratch", vmid: 9100, clone_from: "golden", clone_mode: "linked", disk_size_gb: 10 },
        ...{ storage_pool: storage, protect: true },
      },
    ] as Record<string, unknown>[],
  };
}

/** Ten containers: a template and nine clones of it; 905 needs a machine that needs nothing, 903 is needed by one. */
function lxcFile() {
  const container = (ctid: number, more: object) => ({
    ...{ name: `ct${ctid}`, memory_mb: 512, cores: 1, storage_pool: storage, storage_size_gb: 10 },
    network_config: { name: "eth0", bridge: "vmbr0", ip: `10.0.0.${ctid - 700}/24`, gw: "10.0.0.1" },
    unprivileged: true,
    ...more,
  });
  const base = {
    template: "tank-library:vztmpl/ubuntu-24.04-standard_24.04-2_amd64.tar.zst",
    template_snapshot_name: "ready",
  };
  const clones = [901, 902, 903, 904, 905, 906, 907, 908, 909].map((ctid) => {
    const dependencies = ctid === 905 ? ["webserver-vm"] : ctid === 909 ? ["901", "9100"] : [];
    return [ctid, container(ctid, { clone_from_ctid: "900", dependencies })] as const;
  });
  return { lxc_configs: { "900": container(900, base), ...Object.fromEntries(clones) } };
}

// Each test starts from where the one before it ended.
describe("ten containers and four machines", { skip: noLab }, () => {
  let stack: LabStack;
  let place: (file: string) => string;
  let outputs: { vms: Record<string, { vmid: number; address: string }> };
  const save = (edit: (machines: Record<string, unknown>[]) => void = () => undefined) => {
    const host = hostFile();
    edit(host.vms);
    writeFileSync(place("host.json"), JSON.stringify(host));
  };
  const named = (machines: Record<string, unknown>[], name: string) =>
    machines.find((vm) => vm.name === name)!;
  const changed = () => [...stepsOf(latestLog(stack.project, "vms", "up")).keys()].sort();
  const idOf = (name: string) => outputs.vms[name]!.vmid;
  const inside = async (name: string, ...command: string[]) =>
    (
      JSON.parse(await stack.host("qm", "guest", "exec", String(idOf(name)), "--", ...command)) as {
        "out-data"?: string;
      }
    )["out-data"];
  const machines = async () => {
    const [, ...rows] = (await stack.host("qm", "list")).trimEnd().split("\n");
    return rows.map((row) => row.trim().split(/\s+/).slice(0, 3));
  };

  before(async () => {
    const project = new Project();
    stack = new LabStack(project, "vms");
    mkdirSync(project.path("estate", "scripts"), { recursive: true });
    place = (file) => project.path("estate", file);
    save();
    writeFileSync(place("lxc.json"), JSON.stringify(lxcFile()));
    const script = '#!/bin/bash\nset -e\napt-get install -y -q nginx\necho "$1 $PHOENIX_HOSTNAME" >/owner\n';
    writeFileSync(place("scripts/install_webserver.sh"), script);
    await stack.done("init", "--hypervisor-config", place("host.json"), "--lxc-configs", place("lxc.json"));
  });
  after(() => stack.stop());

  test("come about in one up, each after what it needs", async () => {
    await stack.done("up", "--yes");
    assert.equal(Object.values(await stack.guests()).filter((status) => status === "running").length, 10);
    const list = await machines();
    const ids = list.map(([vmid]) => vmid);
    assert.deepEqual(ids, ["9000", "9001", "9002", "9100"]);
    const status = Object.fromEntries(list.map(([, name, status]) => [name!, status!]));
    const running = { app: "running", scratch: "running", "webserver-vm": "running" };
    assert.deepEqual(status, { ...running, golden: "stopped" });
    const { vms } = JSON.parse(await stack.done("output", "--json")) as typeof outputs;
    assert.equal(vms.app!.address, "10.0.0.60/24");
    outputs = { vms };
    const steps = stepsOf(latestLog(stack.project, "vms", "up"));
    const isBefore = (one: string, other: string) =>
      assert.ok(steps.get(one)!.ended! < steps.get(other)!.began, `${one} ends before ${other} begins`);
    isBefore("ct-903-idmap", "vm-app-claim");
    isBefore("vm-golden-template", "vm-app-define");
    isBefore("vm-webserver-vm-script-install_webserver", "ct-905-define");
    isBefore("vm-9100-agent", "ct-909-define");
  });

  test("are what their entries say", async () => {
    assert.equal(await inside("webserver-vm", "cat", "/owner"), `${idOf("webserver-vm")} webserver-vm\n`);
    assert.match((await inside("webserver-vm", "systemctl", "is-active", "nginx"))!, /^active/);
    const web = await stack.host("cat", `/etc/pve/qemu-server/${idOf("webserver-vm")}.conf`);
    for (const line of [
      "cores: 4",
      "memory: 8192",
      "name: webserver-vm",
      "ostype: l26",
      "boot: order=scsi0",
    ]) {
      assert.ok(web.split("\n").includes(line), `${line}\n${web}`);
    }
    assert.match(web, /^scsi0: local-lvm:vm-\d+-disk-0,.*size=100G/m);
    assert.match(
      await stack.host("cat", "/etc/pve/qemu-server/9100.conf"),
      /^scsi0: tank-guests:base-\d+-disk-0\/vm-9100/m,
    );
    assert.match((await inside("app", "getent", "shadow", "ops"))!, /^ops:\$6\$salt\$NotInTheState:/);
    await stack.host("sh", "-c", "echo hello >/tank/shared/note");
    assert.equal(await inside("app", "cat", "/mnt/shared/note"), "hello\n");
    assert.match(await stack.host("qm", "listsnapshot", String(idOf("app"))), /fresh/);
  });

  test("once more nothing changes, and the node is looked at by one connection; the password's hash stands nowhere in clear", async () => {
    await stack.resetStats();
    await stack.done("up", "--yes", "--expect-no-changes");
    assert.equal((await stack.stats()).sshConnections, 1);
    for (const folder of [".phoenix", "home"]) {
      assert.throws(() => execFileSync("grep", ["-rlF", "NotInTheState", stack.project.path(folder)]), {
        status: 1,
      });
    }
  });

  test("one that is protected keeps the stack from being destroyed, and nothing is stopped for it", async () => {
    const refused = await stack.phoenix("destroy", "--yes");
    assert.notEqual(refused.code, 0);
    assert.match(refused.stdout + refused.stderr, /VM 9100 .*protect/);
    assert.equal((await machines()).filter(([, , status]) => status === "running").length, 3);
  });

  test("a state is one step, which shuts the machine down; others' wrong images stop nobody else", async () => {
    save((vms) => {
      named(vms, "webserver-vm").state = "stopped";
      named(vms, "scratch").protect = false;
      vms.push({ name: "wrong", template: jammy, image_checksum: `sha256:${"0".repeat(64)}` });
      vms.push({ name: "gone", template: jammy.replace("jammy-", "none-") });
      vms.push({ name: "nowhere", template: "https://mirror.test/x.qcow2" });
    });
    const { code, stdout, stderr } = await stack.phoenix("up", "--yes");
    assert.notEqual(code, 0);
    const image = (name: string) => `phoenix-${name}.qcow2`;
    const images = ["jammy-server-cloudimg-amd64", "none-server-cloudimg-amd64", "x"].map(image);
    for (const reason of [
      /Could not download file 'phoenix-jammy-.*checksum mismatch: got '[0-9a-f]{64}' != expect '0{64}'/,
      /none-server.*\n.*\n.*Could not get file metadata, .*invalid server response: '404 Not Found'/,
      /x\.qcow2.*\n.*\n.*Could not get file metadata, .*'500 Can't connect to mirror\.test \(Name or service not known\)'/,
    ])
      assert.match(stdout + stderr, reason);
    const steps = ["vm-9100-configure", "vm-gone", "vm-nowhere", "vm-webserver-vm-power", "vm-wrong"];
    assert.deepEqual(changed(), [...steps, ...images.map((name) => `vms-image-${name}`)]);
    assert.doesNotMatch(await stack.host("pvesm", "list", "tank-library"), /jammy|none|x\.qcow2/);
    assert.equal((await machines()).find(([, name]) => name === "webserver-vm")![2], "stopped");
  });

  test("with the right checksum and no image that is not there, the next up makes that machine", async () => {
    const image = await stack.host("sh", "-c", `wget -q -O /tmp/jammy ${jammy} && sha256sum /tmp/jammy`);
    save((vms) => {
      named(vms, "webserver-vm").state = "stopped";
      named(vms, "scratch").protect = false;
      vms.push({ name: "wrong", template: jammy, image_checksum: `sha256:${image.split(" ")[0]}` });
    });
    await stack.done("up", "--yes");
    assert.deepEqual(
      changed().filter((name) => !name.startsWith("vm-wrong")),
      ["vm-gone", "vm-nowhere", "vms-image-phoenix-jammy-server-cloudimg-amd64.qcow2"],
    );
    assert.equal((await machines()).find(([, name]) => name === "wrong")?.[2], "running");
  });

  test("destroy takes them all", async () => {
    await stack.done("destroy", "--yes");
    assert.deepEqual(await machines(), []);
    assert.deepEqual(await stack.guests(), {});
  });
});
