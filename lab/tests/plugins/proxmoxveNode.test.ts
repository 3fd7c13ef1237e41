import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { WireMap } from "../../plugins/shared/wire";
import { labForTests } from "../machine/labUnderTest";
import { PluginProcess } from "./pluginProcess";

const typed = (type: string) => `urn:pulumi:dev::lab::proxmoxve:${type}::one`;
const vmUrn = typed("index/vmLegacy:VmLegacy");

describe("the proxmoxve plugin against the lab's node", () => {
  const lab = labForTests();
  let plugin: PluginProcess;
  before(async () => {
    plugin = await PluginProcess.start("pulumi-resource-proxmoxve");
    const { endpoint, password } = lab.info.api;
    await plugin.configure({ endpoint, insecure: "true", username: "root@pam", password });
  });
  after(() => plugin.stop());

  test("a machine is made, changed and deleted; what the node cannot do it says itself", async () => {
    const program: WireMap = {
      nodeName: lab.info.api.node,
      vmId: 930,
      name: "desk",
      cdrom: { fileId: "none", interface: "ide3" },
      disks: [{ datastoreId: "local", fileFormat: "raw", interface: "scsi0", size: 1 }],
      memory: { dedicated: 512 },
      networkDevices: [{ macAddress: "52:54:00:00:09:30" }],
      operatingSystem: { type: "l26" },
      bootOrders: ["scsi0"],
      started: false,
      onBoot: false,
    };
    const content = "images,rootdir,vztmpl,iso,backup";
    assert.equal((await lab.sh(`pvesm set local --content ${content}`)).code, 0);
    const { inputs } = await plugin.check(vmUrn, program);
    const made = await plugin.create(vmUrn, inputs);
    assert.equal(made.id, "930");
    assert.equal((made.state["disks"] as WireMap[])[0]?.["pathInDatastore"], "930/vm-930-disk-0.raw");
    const more = await plugin.check(vmUrn, { ...program, memory: { dedicated: 640 } }, inputs);
    const state = await plugin.update(vmUrn, "930", { inputs, state: made.state }, more.inputs);
    assert.equal((state["memory"] as WireMap)["dedicated"], 640);
    const started = await plugin.check(vmUrn, { ...program, started: true }, inputs);
    await assert.rejects(
      plugin.update(vmUrn, "930", { inputs, state }, started.inputs),
      /error starting VM: .*the lab does not simulate/s,
    );
    await plugin.delete(vmUrn, "930", state);
    const read = await plugin.read(vmUrn, "930", state, inputs);
    assert.equal(read.id, "");
  });

  test("a template of the catalogue is downloaded, and nothing else", async () => {
    const urn = typed("download/file:File");
    const program: WireMap = {
      contentType: "vztmpl",
      datastoreId: "local",
      nodeName: lab.info.api.node,
      url: "https://mirror.test/alpine-3.20-default_20240908_amd64.tar.gz",
    };
    const { inputs } = await plugin.check(urn, program);
    const { id, state } = await plugin.create(urn, inputs);
    assert.equal(id, "local:vztmpl/alpine-3.20-default_20240908_amd64.tar.gz");
    assert.ok(Number(state["size"]) > 0);
    await plugin.delete(urn, id, state);
    const other = await plugin.check(urn, { ...program, url: "https://mirror.test/other.tar.zst" });
    await assert.rejects(
      plugin.create(urn, other.inputs),
      /the lab can only download what its catalogue has/,
    );
  });
});
