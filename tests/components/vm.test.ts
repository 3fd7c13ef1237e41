/* eslint-disable @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-member-access --
   what was registered is looked at as untyped documents */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { lookAtMachines, lookAtNode } from "../../components/guest/look";
import { loadEstate, parsePower } from "../../config";
import { planEstate } from "../../plan/estate";
import { hypervisor as hostFile, type Json, lxc as lxcFile } from "../config/samples";
import {
  followsReplacementOf,
  type NodeGuest,
  recordProgram,
  type Registered,
  settingsOf,
  waitsFor,
} from "./recorder";
import { facts, register, testProvider } from "./register";
import { scratch } from "../helpers/scratch";

const hash = "$6$salt$abcdefghijklmnopqrstuvwxyz";

/** The sample estate with these machines; its scripts lie beside it. */
function estateOf(vms: Json[], edit: (host: Json, lxc: Json) => void = () => undefined) {
  const folder = scratch();
  const [host, lxc] = [hostFile(), lxcFile()];
  host.vms = vms;
  edit(host, lxc);
  writeFileSync(join(folder, "host.json"), JSON.stringify(host));
  writeFileSync(join(folder, "lxc.json"), JSON.stringify(lxc));
  return loadEstate({ hypervisorConfig: join(folder, "host.json"), lxcConfigs: join(folder, "lxc.json") })
    .estate;
}

interface Options {
  edit?: (host: Json, lxc: Json) => void;
  machines?: NodeGuest[];
  allowRecreate?: number[];
  power?: string;
}

/** What the program registers for these machines. */
async function run(vms: Json[], { edit, machines, allowRecreate = [], power = "{}" }: Options = {}) {
  const estate = estateOf(vms, edit);
  return recordProgram(
    async () => {
      const provider = testProvider();
      const plan = planEstate(
        estate,
        facts({
          ...{ allowRecreate, power: parsePower(power)! },
          containers: await lookAtNode(provider, "node"),
          machines: await lookAtMachines(provider, "node"),
        }),
      );
      return register(plan, provider).vms;
    },
    { machines },
  );
}

const steps = (names: string[], prefix: string) =>
  names.flatMap((name) => (name.startsWith(`${prefix}-`) ? [name.slice(prefix.length + 1)] : []));
const settings = (resource: Registered): Json => settingsOf(resource);
/** The settings of a step that holds a secret: its whole standard input is one. */
const secretSettings = (registered: Registered): Json => {
  assert.equal(typeof registered.inputs.stdin, "object");
  return settingsOf(registered);
};

test("the least machine: claimed, defined from its image, configured, started, its agent awaited", async () => {
  const { find, names, outputs } = await run([{ name: "runner" }]);
  assert.deepEqual(steps(names, "vm-runner"), [
    ...["agent", "claim", "configure", "define", "guard", "made-guard", "start"],
  ]);
  const define = find("vm-runner-define");
  assert.deepEqual(waitsFor(define), ["vm-runner-claim"]);
  assert.deepEqual(waitsFor(find("vm-runner-claim")), [
    "host-setup-firewall",
    "vms-image-noble.qcow2",
    "vms-snippets-local",
    "vms-storage-local",
  ]);
  assert.deepEqual(waitsFor(find("vms-snippets-local")), ["vms-storage-local"]);
  assert.deepEqual(settings(find("vms-snippets-local")), { storage: "local", tag: "phoenix-test" });
  const { vmId, name, started, tags, disks, clone, deleteUnreferencedDisksOnDestroy } = define.inputs as Json;
  assert.deepEqual(
    { vmId, name, started, clone, deleteUnreferencedDisksOnDestroy },
    { vmId: 9000, name: "runner", started: false, clone: undefined, deleteUnreferencedDisksOnDestroy: false },
  );
  assert.equal(tags[0], "phoenix-test");
  assert.match(String(tags[1]), /^phoenix-test\+[0-9a-f]{8}$/);
  assert.deepEqual(disks, [
    {
      interface: "scsi0",
      datastoreId: "local-lvm",
      size: 20,
      importFrom: "local:import/noble.qcow2",
      discard: "on",
      iothread: true,
    },
  ]);
  assert.deepEqual([define.options.protect, define.options.deleteBeforeReplace], [true, true]);
  for (const step of ["configure", "start", "agent"]) {
    const at = find(`vm-runner-${step}`);
    assert.deepEqual(followsReplacementOf(at), ["vm-runner-define"]);
    assert.equal(settings(at).vmid, 9000);
    assert.equal(settings(at).incarnation, tags[1]);
    // Deleted in the other order, the last two know whether the machine goes or one of them alone is replaced.
    assert.equal(at.inputs.delete !== undefined, step !== "agent", step);
  }
  assert.deepEqual(settings(find("vm-runner-claim")).taken, [900, 901]);
  assert.deepEqual(outputs, { runner: { vmid: 9000, address: "dhcp" } });
});

test("a VMID of its own names its resources, and the node chooses nothing", async () => {
  const { find, names, outputs } = await run([{ name: "runner", vmid: 9100 }, { name: "other" }]);
  assert.ok(names.includes("vm-9100-define"));
  assert.equal((find("vm-9100-define").inputs as Json).vmId, 9100);
  assert.deepEqual(settings(find("vm-9100-claim")).taken, []);
  assert.deepEqual(settings(find("vm-other-claim")).taken, [900, 901, 9100]);
  assert.equal((outputs as Json).runner.vmid, 9100);
});

test("a machine that is there is found by its name and tag: its incarnation, its power and its permission to be recreated", async () => {
  const there = { vmId: 9004, name: "runner", tags: ["phoenix-test", "phoenix-test+0123abcd"] };
  const ours = await run([{ name: "runner" }], {
    machines: [there],
    allowRecreate: [9004],
    power: '{"9004":"stopped"}',
  });
  assert.equal(settings(ours.find("vm-runner-claim")).incarnation, "phoenix-test+0123abcd");
  assert.equal(ours.find("vm-runner-define").options.protect, false);
  assert.equal(settings(ours.find("vm-runner-power")).state, "stopped");
  const foreign = await run([{ name: "runner" }], {
    machines: [{ ...there, tags: [] }],
    allowRecreate: [9004],
  });
  assert.equal(foreign.find("vm-runner-define").options.protect, true);
});

test("protect goes before what the stack allows", async () => {
  const { find } = await run([{ name: "runner", vmid: 9004, protect: true }], { allowRecreate: [9004] });
  assert.equal(find("vm-9004-define").options.protect, true);
  const { protect, values } = settings(find("vm-9004-configure"));
  assert.deepEqual([protect, values.protection], [true, 1]);
});

test("a template is cloned when it is one; a linked clone names no storage", async () => {
  const { find, names } = await run([
    { name: "golden", is_template: true },
    { name: "full", clone_from: "golden", disk_size_gb: 40 },
    { name: "linked", clone_from: "golden", clone_mode: "linked" },
  ]);
  assert.deepEqual(steps(names, "vm-golden"), [
    "agent",
    "claim",
    "configure",
    "define",
    "guard",
    "made-guard",
    "start",
    "template",
  ]);
  for (const [name, clone] of [
    ["full", { vmId: 9000, full: true, datastoreId: "local-lvm" }],
    ["linked", { vmId: 9000, full: false }],
  ] as const) {
    const define = find(`vm-${name}-define`);
    assert.deepEqual(waitsFor(define), [`vm-${name}-claim`, "vm-golden-template"].sort());
    assert.deepEqual((define.inputs as Json).clone, clone);
    assert.equal((define.inputs as Json).disks, undefined);
  }
});

test("the password hash is a secret, and only the steps that set it and restart for it have it", async () => {
  const { find, registered } = await run([
    {
      name: "runner",
      cloud_init: { user: "ops", password_hash: hash, ip: "10.0.0.50/24", gateway: "10.0.0.1" },
    },
  ]);
  const { cloudInit } = secretSettings(find("vm-runner-configure"));
  // It takes effect at a start only, so that step has it, too.
  const { restartWhenChanged } = secretSettings(find("vm-runner-start"));
  assert.equal((restartWhenChanged as { passwordHash?: string }).passwordHash, hash);
  assert.deepEqual(cloudInit, {
    passwordHash: hash,
    sshKeys: [],
    values: { ciuser: "ops", ipconfig0: "ip=10.0.0.50/24,gw=10.0.0.1" },
  });
  const holding = registered.filter(({ inputs }) => JSON.stringify(inputs).includes(hash));
  assert.deepEqual(
    holding.map(({ name }) => name),
    ["vm-runner-configure", "vm-runner-start"],
  );
});

test("an image is fetched once for all its machines, with its checksum", async () => {
  const url = "https://mirror.test/images/x.img";
  const image_checksum = `sha256:${"ab".repeat(32)}`;
  const own = { template: url, image_checksum };
  const { find, names } = await run([
    { name: "one", ...own },
    { name: "two", ...own },
    { name: "three", template: "debian-13" },
  ]);
  assert.deepEqual(
    names.filter((name) => name.startsWith("vms-image-")),
    ["vms-image-phoenix-debian-13-genericcloud-amd64.qcow2", "vms-image-phoenix-x.qcow2"],
  );
  const { fileName, checksum, checksumAlgorithm, datastoreId, overwrite } = find("vms-image-phoenix-x.qcow2")
    .inputs as Json;
  assert.deepEqual(
    { fileName, checksum, checksumAlgorithm, datastoreId, overwrite },
    {
      fileName: "phoenix-x.qcow2",
      checksum: "ab".repeat(32),
      checksumAlgorithm: "sha256",
      datastoreId: "local",
      overwrite: false,
    },
  );
});

test("what installs the agent is there once for each storage of snippets, for machines with an agent alone", async () => {
  const { names } = await run([{ name: "one" }, { name: "two" }, { name: "three", agent: false }]);
  assert.deepEqual(
    names.filter((name) => name.startsWith("vms-snippets-")),
    ["vms-snippets-local"],
  );
  const without = await run([{ name: "three", agent: false }]);
  assert.ok(!without.names.includes("vms-snippets-local"));
});

test("containers and machines wait for one another, both ways", async () => {
  const { find } = await run([{ name: "db", dependencies: ["900"] }], {
    edit: (_host, lxc) => (lxc.lxc_configs["901"].dependencies = ["db"]),
  });
  assert.ok(waitsFor(find("vm-db-claim")).includes("ct-900-idmap"));
  assert.ok(waitsFor(find("ct-901-define")).includes("vm-db-agent"));
});
