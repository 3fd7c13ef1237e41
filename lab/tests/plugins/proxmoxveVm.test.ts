import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { WireMap } from "../../plugins/shared/wire";
import { disk, program as bare, urn, VmPlugin } from "./vmPlugin";

const program: WireMap = {
  ...bare,
  cpu: { cores: 2, type: "host" },
  memory: { dedicated: 1024 },
  operatingSystem: { type: "l26" },
  onBoot: false,
};

describe("the proxmoxve plugin: virtual machines", () => {
  const lab = new VmPlugin(program);

  test("creation sends what the real provider sends", async () => {
    const { id } = await lab.create();
    assert.equal(id, "910");
    assert.deepEqual(
      lab.node.calls.find((call) => call.method === "POST" && call.path.endsWith("qemu"))?.body,
      {
        acpi: "1",
        agent: "enabled=0,fstrim_cloned_disks=0,type=virtio",
        balloon: "0",
        bios: "seabios",
        boot: "order=scsi0",
        cores: "2",
        cpu: "host",
        ide3: "file=none,media=cdrom",
        keyboard: "en-us",
        memory: "1024",
        name: "desk",
        net0: "model=virtio,bridge=vmbr0,firewall=0,macaddr=52:54:00:00:09:10",
        numa: "0",
        onboot: "0",
        ostype: "l26",
        protection: "0",
        scsi0:
          "file=local:4,format=raw,size=4294967296,aio=io_uring,backup=1,iothread=0,ssd=0,discard=ignore,cache=none,replicate=1",
        scsihw: "virtio-scsi-pci",
        serial0: "socket",
        sockets: "1",
        tablet: "1",
        template: "0",
        vmid: "910",
      },
    );
  });

  test("trap: creation on an id that is taken adopts the foreign machine, and grows its disk at once", async () => {
    const foreign = { name: "foreign", scsi0: "local:910/vm-910-disk-0.raw,size=2G" };
    lab.node.qemu.set(910, { status: "stopped", config: foreign });
    const { id, state } = await lab.create({
      disks: [{ ...disk, size: 8, importFrom: "local:import/cloud.qcow2" }],
    });
    assert.equal(id, "910");
    assert.equal(state["name"], "foreign");
    assert.equal(foreign.scsi0, "local:910/vm-910-disk-0.raw,size=8G");
    await lab.plugin.delete(urn, id, state);
    assert.equal(lab.node.qemu.has(910), false);
  });

  test("an image is imported and then grown to the planned size; a fileId is refused by name", async () => {
    const { state } = await lab.create({
      disks: [{ ...disk, size: 8, importFrom: "local:import/cloud.qcow2" }],
    });
    const posted = lab.node.calls.find((call) => call.path.endsWith("qemu"))?.body["scsi0"] ?? "";
    assert.match(posted, /^file=local:0,import-from=local:import\/cloud\.qcow2,format=raw,size=8589934592,/);
    const resized = lab.node.calls.find((call) => call.path.endsWith("resize"));
    assert.deepEqual(resized?.body, { disk: "scsi0", size: "8589934592" });
    assert.equal((state["disks"] as WireMap[])[0]?.["importFrom"], "local:import/cloud.qcow2");
    lab.node.qemu.clear();
    await assert.rejects(lab.create({ disks: [{ ...disk, fileId: "local:iso/x.img" }] }), {
      details:
        "1 error occurred:\n\t* a disk made from a fileId needs the provider's own SSH connection, " +
        "which the lab's provider does not have; use importFrom\n\n",
    });
    assert.equal(lab.node.qemu.size, 0);
  });

  test("an update sends what changed and the name, and deletes what is gone", async () => {
    const made = await lab.create({ description: "first\n", startup: { order: 3 } });
    await lab.update(made, { description: "second\n", memory: { dedicated: 2048 } });
    assert.deepEqual(lab.changing(), [
      [
        "PUT config",
        {
          name: "desk",
          // A description goes and stays without the blanks around it.
          description: "second",
          memory: "2048",
          balloon: "0",
          delete: "startup",
          // The disk's speed block is a difference for ever: the provider reads none where Check puts zeros.
          scsi0:
            "file=local:910/vm-910-disk-0.raw,aio=io_uring,backup=1,iothread=0,ssd=0,discard=ignore,cache=none,replicate=1",
        },
      ],
    ]);
  });

  test("a disk grows by a call of its own and never shrinks", async () => {
    const made = await lab.create();
    const state = await lab.update(made, { disks: [{ ...disk, size: 6 }] });
    assert.deepEqual(
      lab.changing().map(([call]) => call),
      ["PUT config", "PUT resize", "PUT config"],
    );
    assert.equal((state["disks"] as WireMap[])[0]?.["size"], 6);
    await assert.rejects(lab.update({ ...made, state }, { disks: [{ ...disk, size: 5 }] }), {
      details:
        `updating ${urn}: 1 error occurred:\n\t* ` +
        "Cannot shrink local:910/vm-910-disk-0.raw in VM 910, it is not supported!\n\n",
    });
    assert.equal(lab.node.calls.filter((call) => call.path.endsWith("resize")).length, 0);
  });

  test("what cannot be plugged stops a running machine and starts it again, unless that is forbidden", async () => {
    const made = await lab.create({ started: true });
    const state = await lab.update(made, { started: true, cpu: { cores: 4, type: "host" } });
    assert.deepEqual(
      lab.changing().map(([call]) => call),
      ["PUT config", "POST status/stop", "POST status/start"],
    );
    assert.equal(state["started"], true);
    await lab.update(
      { ...made, state },
      { started: true, rebootAfterUpdate: false, cpu: { cores: 3, type: "host" } },
    );
    assert.deepEqual(
      lab.changing().map(([call]) => call),
      ["PUT config"],
    );
    assert.deepEqual(
      lab.plugin.engine.log.filter((line) => line.message.includes("reboot")).map((line) => line.message),
      [
        "a reboot is required to apply configuration changes, but automatic reboots are disabled by " +
          "'reboot_after_update = false'. Please reboot the VM manually.",
      ],
    );
  });

  test("an agent tells the addresses of a running machine and takes its shutdown", async () => {
    lab.node.addresses.set(910, "10.0.0.7");
    const made = await lab.create({ started: true, agent: { enabled: true } });
    assert.deepEqual(made.state["ipv4Addresses"], [["10.0.0.7"]]);
    assert.deepEqual(made.state["networkInterfaceNames"], ["eth0"]);
    lab.node.calls.length = 0;
    await lab.plugin.delete(urn, made.id, made.state);
    assert.deepEqual(lab.changing(), [
      ["POST status/shutdown", { forceStop: "1", timeout: "1800" }],
      ["DELETE ", { "destroy-unreferenced-disks": "1", purge: "1" }],
    ]);
  });

  test("without an address in the agent's time there is a warning; which kind is waited for can be said", async () => {
    const waiting = async (agent: WireMap): Promise<number> => {
      lab.node.qemu.clear();
      const begun = Date.now();
      const { state } = await lab.create({
        started: true,
        agent: { enabled: true, timeout: "1s", ...agent },
      });
      assert.deepEqual(state["ipv4Addresses"], []);
      return Date.now() - begun;
    };
    const warnings = () => lab.plugin.engine.log.filter((line) => line.message.includes("QEMU agent"));
    assert.ok((await waiting({})) >= 700);
    assert.deepEqual(
      warnings().map((line) => line.message),
      [
        "error waiting for network interfaces from QEMU agent: timeout while waiting for the QEMU agent on VM " +
          '"910" to publish the network interfaces',
      ],
    );
    lab.node.addresses.set(910, "10.0.0.7");
    await waiting({ waitForIp: { ipv6: true } });
    assert.equal(warnings().length, 2);
    await waiting({ waitForIp: { disabled: true } });
    assert.equal(warnings().length, 2);
  });

  test("a machine that was made but does not start is handed over with its id", async () => {
    lab.node.failing.set("qmstart", "no KVM");
    await assert.rejects(lab.create({ started: true }), /no KVM/);
    assert.equal(lab.node.qemu.has(910), true);
  });

  test("a clone sets what the inputs name, moves nothing and grows its disk", async () => {
    await lab.create({ vmId: 900, name: "base", description: "of the source" });
    lab.node.calls.length = 0;
    const { inputs } = await lab.plugin.check(urn, {
      nodeName: "pvetest",
      vmId: 911,
      name: "copy",
      clone: { vmId: 900 },
      disks: [{ ...disk, size: 6 }],
      memory: { dedicated: 2048 },
      onBoot: false,
      started: false,
    });
    const { id, state } = await lab.plugin.create(urn, inputs);
    assert.equal(id, "911");
    assert.deepEqual(lab.changing()[0], ["POST clone", { newid: "911", full: "1", name: "copy" }]);
    assert.deepEqual(lab.changing()[1], [
      "PUT config",
      { memory: "2048", balloon: "0", onboot: "0", serial0: "socket", delete: "serial1,serial2,serial3" },
    ]);
    assert.deepEqual(lab.changing().at(-1), ["PUT resize", { disk: "scsi0", size: "6442450944" }]);
    assert.equal((state["memory"] as WireMap)["dedicated"], 2048);
    assert.equal(state["cpu"], null);
    // What the inputs do not name is not read, but for the cards.
    assert.equal(state["description"], "");
    assert.equal((state["networkDevices"] as WireMap[]).length, 1);
  });

  test("reading finds drift and a machine that is gone; an import plans a disk's speed and the watchdog", async () => {
    const made = await lab.create();
    Object.assign(lab.node.qemu.get(910)?.config ?? {}, { cores: 8 });
    const read = await lab.plugin.read(urn, made.id, made.state, made.inputs);
    assert.deepEqual((read.state["cpu"] as WireMap)["cores"], 8);
    const imported = await lab.plugin.read(urn, "pvetest/910");
    assert.equal(imported.id, "910");
    const { inputs } = await lab.plugin.check(urn, imported.inputs, imported.inputs);
    const olds = { inputs: imported.inputs, state: imported.state };
    const { detailed } = await lab.plugin.diff(urn, olds, inputs);
    assert.deepEqual(detailed, { "disks[0].speed": "ADD", watchdog: "ADD" });
    lab.node.qemu.clear();
    assert.deepEqual(await lab.plugin.read(urn, made.id, made.state, made.inputs), {
      id: "",
      state: {},
      inputs: {},
    });
  });

  test("deleting a machine that is gone fails until a refresh has seen that", async () => {
    const { id, state } = await lab.create();
    lab.node.qemu.clear();
    await assert.rejects(lab.plugin.delete(urn, id, state), {
      details:
        "1 error occurred:\n\t* error retrieving VM status: the requested resource does not exist\nreceived an HTTP 500 " +
        "response - Reason: Configuration file 'nodes/pvetest/qemu-server/910.conf' does not exist\n\n",
    });
  });

  test("getVmsLegacy lists machines by number, filtered by tag and name", async () => {
    await lab.create({ tags: ["web", "app"] });
    await lab.create({ vmId: 900, name: "base" });
    lab.node.lxc.set(800, { status: "running", config: { hostname: "container" } });
    const { result } = await lab.plugin.invoke("proxmoxve:index/getVmsLegacy:getVmsLegacy", {
      nodeName: "pvetest",
    });
    const of = (vmId: number, name: string, tags: string[]) => ({
      name,
      nodeName: "pvetest",
      status: "stopped",
      tags,
      template: false,
      vmId,
    });
    assert.deepEqual(result["vms"], [of(900, "base", []), of(910, "desk", ["app", "web"])]);
    const tagged = await lab.plugin.invoke("proxmoxve:index/getVmsLegacy:getVmsLegacy", { tags: ["app"] });
    assert.deepEqual(tagged.result["vms"], [of(910, "desk", ["app", "web"])]);
    const filters = [{ name: "name", values: ["^ba"], regex: true }];
    const named = await lab.plugin.invoke("proxmoxve:index/getVmsLegacy:getVmsLegacy", { filters });
    assert.deepEqual(named.result["vms"], [of(900, "base", [])]);
    lab.node.lxc.clear();
  });
});
