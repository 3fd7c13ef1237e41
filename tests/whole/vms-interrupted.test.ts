import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { after, before, describe, test } from "node:test";
import { onHost } from "../../lab/tests/machine/onHost";
import { noLab } from "../scripts/node";
import { LabStack } from "../helpers/lab";
import { killFamily } from "../helpers/processes";
import { Project } from "../helpers/project";
import { vmHost } from "../helpers/vm-host";

/** A host with a template machine and a full clone of it. */
const host = {
  ...vmHost,
  vm_defaults: {
    template: "ubuntu-24.04",
    cores: 2,
    memory_mb: 2048,
    storage_pool: "tank-guests",
    network_bridge: "vmbr0",
  },
  vms: [
    { name: "golden", vmid: 9000, disk_size_gb: 10, is_template: true },
    {
      ...{ name: "app", vmid: 9001, clone_from: "golden", disk_size_gb: 20, snapshots: ["fresh"] },
      cloud_init: {
        user: "ops",
        password_hash: "$6$salt$NotInTheState",
        ip: "10.0.0.60/24",
        gateway: "10.0.0.1",
      },
      post_create_scripts: ["own.sh"],
    },
  ],
};

// Each interruption strikes the same estate where it is; the last run finishes it.
describe("machines, interrupted", { skip: noLab }, () => {
  let stack: LabStack;
  const lab = async (...words: string[]) => {
    const { code, stderr } = await stack.lab("fault", ...words);
    assert.equal(code, 0, stderr);
  };
  const conf = async (vmid: number) =>
    (await onHost(stack.project.path(".lab", stack.name), ["cat", `/etc/pve/qemu-server/${vmid}.conf`]))
      .stdout;

  /** Starts `up` and does something once the machine's configuration is as described. */
  async function during(wanted: (conf: string) => boolean, act: (pid: number) => Promise<void> | void) {
    const { child, finished } = stack.project.start(stack.project.path("bin", "phoenix"), [
      ...["up", "--stack", stack.name, "--engine", "lab", "--yes"],
    ]);
    const deadline = Date.now() + 60_000;
    while (!wanted(await conf(9001))) {
      assert.ok(Date.now() < deadline && child.exitCode === null, "the moment did not come");
      await sleep(20);
    }
    await act(child.pid as number);
    return finished;
  }

  before(async () => {
    const project = new Project();
    stack = new LabStack(project, "vms");
    mkdirSync(project.path("estate", "scripts"), { recursive: true });
    const save = (file: string, value: unknown) =>
      writeFileSync(project.path("estate", file), JSON.stringify(value));
    save("host.json", host);
    save("lxc.json", { lxc_configs: {} });
    writeFileSync(project.path("estate", "scripts", "own.sh"), "#!/bin/bash\necho ran >>/runs\n");
    const files = ["--hypervisor-config", project.path("estate", "host.json")];
    await stack.done("init", ...files, "--lxc-configs", project.path("estate", "lxc.json"));
    await stack.start();
  });
  after(() => stack.stop());

  test("the node's worker dies while it clones", async () => {
    await lab("add", "kill", "^qm clone 9000");
    assert.notEqual((await stack.phoenix("up", "--yes")).code, 0);
    assert.equal(await conf(9001), "lock: clone\n");
  });

  test("the engine is killed when the clone is there and has none of its own settings yet", async () => {
    await lab("add", "api", "^PUT /nodes/phoenix/qemu/9001/config$", "--hang");
    const { stdout } = await during(
      (text) => text.includes("name: app") && !text.includes("lock:"),
      (pid) => killFamily(pid),
    );
    assert.match(stdout, /vm-9001-define creating/);
    assert.doesNotMatch(stdout, /vm-9001-define created/);
    await lab("clear");
  });

  test("the node loses its power while the clone is being configured", async () => {
    // Its last command, so that the machine is away before the step has ended.
    await lab("add", "command", "^qm disk resize 9001", "--slow", "60");
    const { code, stdout, stderr } = await during(
      (text) => text.includes("cipassword:"),
      () => lab("add", "reboot", "--for", "0.5"),
    );
    assert.notEqual(code, 0, stdout + stderr);
    assert.match(stdout, /vm-9001-configure creating/);
    assert.doesNotMatch(stdout, /vm-9001-configure created/);
  });

  test("the next up finishes, and nothing is there twice", async () => {
    await stack.done("up", "--yes");
    const list = (await stack.host("qm", "list")).trimEnd().split("\n").slice(1);
    assert.deepEqual(
      list.map((row) => row.trim().split(/\s+/).slice(0, 3).join(" ")),
      ["9000 golden stopped", "9001 app running"],
    );
    const text = await conf(9001);
    assert.match(text, /^scsi0: tank-guests:vm-9001-disk-0,.*size=20G(,|$)/m);
    assert.match(text, /^tags: phoenix-vms(;phoenix-vms\+[0-9a-f]{8})?$/m);
    assert.doesNotMatch(text, /^lock:|^unused|^snapstate:/m);
    assert.equal(text.match(/^\[fresh\]$/gm)?.length, 1);
    const volumes = await stack.host("pvesm", "list", "tank-guests");
    assert.deepEqual(volumes.match(/tank-guests:\S+/g)?.sort(), [
      ...["tank-guests:base-9000-disk-0", "tank-guests:vm-9000-cloudinit"],
      ...["tank-guests:vm-9001-cloudinit", "tank-guests:vm-9001-disk-0"],
    ]);
    const runs = JSON.parse(await stack.host("qm", "guest", "exec", "9001", "--", "cat", "/runs")) as object;
    assert.deepEqual(
      Object.entries(runs).find(([key]) => key === "out-data"),
      ["out-data", "ran\n"],
    );
    assert.equal(
      await stack.host("ls", "-A", "/var/lib/phoenix/guests"),
      "vm-9000.standing\nvm-9001.running\nvm-9001.standing\n",
    );
    await stack.done("up", "--yes", "--expect-no-changes");
  });
});
