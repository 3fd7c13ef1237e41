import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { noLab } from "../scripts/node";
import { LabStack } from "../helpers/lab";
import { type Finished, Project } from "../helpers/project";

/** The original's own machine and its defaults, on the least of a host. */
const hostFile = (machine: object = {}) => ({
  timezone: "Etc/UTC",
  initial_setup: { upgrade: "never", ufw: false },
  network: {
    interfaces: {
      ...{ name: "vmbr0", address: "10.0.0.13/24" },
      ...{ gateway: "10.0.0.1", dns_nameservers: "10.0.0.1" },
    },
    default_subnet: "10.0.0.0/24",
  },
  zfs: { pools: [], datasets: [] },
  vm_defaults: {
    ...{ template: "ubuntu-24.04-standard", cores: 4, memory_mb: 8192, disk_size_gb: 100 },
    ...{ storage_pool: "local-lvm", network_bridge: "vmbr0" },
  },
  vms: [
    {
      ...{ name: "webserver-vm", cores: 4, memory_mb: 8192, disk_size_gb: 100 },
      ...{ post_create_scripts: ["install_webserver.sh"], ...machine },
    },
  ],
});

// Each test starts from where the one before it ended.
describe("the original's webserver-vm, by the old command line and by up", { skip: noLab }, () => {
  let stack: LabStack;
  const place = (file: string) => stack.project.path("estate", file);
  const save = (machine?: object) => writeFileSync(place("host.json"), JSON.stringify(hostFile(machine)));

  async function old(...args: string[]): Promise<Finished> {
    const program = stack.project.path("bin", "phoenix_orchestrator");
    const env = { PHOENIX_LOGS: stack.project.path("logs"), PATH: process.env.PATH };
    const { child, finished } = stack.project.start(program, [...args, "--stack", "web"], env);
    child.stdin.end();
    const ran = await finished;
    assert.equal(ran.code, 0, `${args.join(" ")}\n${ran.stdout}${ran.stderr}`);
    return ran;
  }
  /** VMID, name and status of every machine. */
  async function machines(): Promise<string[]> {
    const [, ...rows] = (await stack.host("qm", "list")).trimEnd().split("\n");
    return rows.map((row) => row.trim().split(/\s+/).slice(0, 3).join(" "));
  }
  /** How often its script has run: it adds a line each time. */
  const runs = async () =>
    (
      JSON.parse(await stack.host("qm", "guest", "exec", "9000", "--", "cat", "/runs")) as {
        "out-data"?: string;
      }
    )["out-data"];
  const silent = () => stack.done("up", "--yes", "--expect-no-changes");

  before(async () => {
    const project = new Project();
    stack = new LabStack(project, "web");
    mkdirSync(place("scripts"), { recursive: true });
    save();
    writeFileSync(place("lxc.json"), JSON.stringify({ lxc_configs: {} }));
    const script = '#!/bin/bash\nset -e\napt-get install -y -q nginx\necho "$1" >>/runs\n';
    writeFileSync(place("scripts/install_webserver.sh"), script);
    await stack.done("init", "--hypervisor-config", place("host.json"), "--lxc-configs", place("lxc.json"));
  });
  after(() => stack.stop());

  test("--create-vm: planned by a dry run, then made, with its script run", async () => {
    const dry = await old("--create-vm", "webserver-vm", "--dry-run");
    assert.match(dry.stdout + dry.stderr, /vm-webserver-vm-define/);
    assert.deepEqual(await machines(), []);
    await old("--create-vm", "webserver-vm");
    assert.deepEqual(await machines(), ["9000 webserver-vm running"]);
    assert.equal(await runs(), "9000\n");
    // The rest of the estate, which --create-vm left alone: names of areas that are empty here.
    await stack.done("up", "--yes");
    await silent();
  });

  test("--stop-vm and --start-vm: shut down and started, and the next up agrees", async () => {
    await old("--stop-vm", "9000");
    assert.deepEqual(await machines(), ["9000 webserver-vm stopped"]);
    await silent();
    await old("--start-vm", "9000");
    assert.deepEqual(await machines(), ["9000 webserver-vm running"]);
    await silent();
    assert.equal(await runs(), "9000\n");
  });

  test("--delete-vm: gone; up makes it again, and its script runs again", async () => {
    await old("--delete-vm", "9000", "--dry-run");
    assert.deepEqual(await machines(), ["9000 webserver-vm running"]);
    await old("--delete-vm", "9000", "--yes");
    assert.deepEqual(await machines(), []);
    await stack.done("up", "--yes");
    assert.deepEqual(await machines(), ["9000 webserver-vm running"]);
    assert.equal(await runs(), "9000\n");
    await silent();
  });

  test("by up: stopped and started by its entry, gone with the stack", async () => {
    save({ state: "stopped" });
    await stack.done("up", "--yes");
    assert.deepEqual(await machines(), ["9000 webserver-vm stopped"]);
    await silent();
    save({ state: "running" });
    await stack.done("up", "--yes");
    assert.deepEqual(await machines(), ["9000 webserver-vm running"]);
    await silent();
    await stack.done("destroy", "--yes");
    assert.deepEqual(await machines(), []);
  });
});
