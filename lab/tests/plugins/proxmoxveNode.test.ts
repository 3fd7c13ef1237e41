import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { WireMap } from "../../plugins/shared/wire";
import { labForTests } from "../machine/labUnderTest";
import { PluginProcess } from "./pluginProcess";

const typed = (type: string) => `urn:pulumi:dev::lab::proxmoxve:${type}::one`;
const vmUrn = typed("index/vmLegacy:VmLegacy");
const fileUrn = typed("download/file:File");
const cloud = "https://cloud-images.ubuntu.com/noble/current";
const vendorData = `#cloud-config
packages: [qemu-guest-agent]
runcmd: [[systemctl, start, qemu-guest-agent]]
`;

describe("the proxmoxve plugin against the lab's node", () => {
  const lab = labForTests();
  let plugin: PluginProcess;
  before(async () => {
    plugin = await PluginProcess.start("pulumi-resource-proxmoxve");
    const { endpoint, password } = lab.info.api;
    await plugin.configure({ endpoint, insecure: "true", username: "root@pam", password });
    await sh("pvesm set local --content images,rootdir,vztmpl,iso,backup,import,snippets");
  });
  after(() => plugin.stop());

  const sh = async (command: string): Promise<string> => {
    const { code, stdout, stderr } = await lab.sh(command);
    assert.equal(code, 0, `${command}: ${stderr}`);
    return stdout;
  };
  const make = async (program: WireMap) => {
    const { inputs, failures } = await plugin.check(vmUrn, program);
    assert.deepEqual(failures, []);
    return { inputs, ...(await plugin.create(vmUrn, inputs)) };
  };
  type Made = Awaited<ReturnType<typeof make>>;
  const change = async (made: Made, program: WireMap): Promise<Made> => {
    const { inputs } = await plugin.check(vmUrn, program, made.inputs);
    return { ...made, inputs, state: await plugin.update(vmUrn, made.id, made, inputs) };
  };

  const fetchImage = async (changes: WireMap = {}) => {
    const { inputs } = await plugin.check(fileUrn, {
      contentType: "import",
      datastoreId: "local",
      fileName: "noble.qcow2",
      nodeName: lab.info.api.node,
      url: `${cloud}/noble-server-cloudimg-amd64.img`,
      ...changes,
    });
    return { inputs, ...(await plugin.create(fileUrn, inputs)) };
  };

  test("a machine of a cloud image: downloaded, made, started, changed, cloned, protected, deleted", async () => {
    await sh(`mkdir -p /var/lib/vz/snippets; printf '%s' '${vendorData}' > /var/lib/vz/snippets/agent.yaml`);
    const sum = (await sh(`wget -q -O - ${cloud}/SHA256SUMS`)).split(" ")[0] ?? "";
    const download = { checksum: sum, checksumAlgorithm: "sha256", overwrite: false };
    const file = await fetchImage(download);
    assert.equal(file.id, "local:import/noble.qcow2");
    assert.equal(file.state["size"], 262144);
    await assert.rejects(fetchImage(), /File already exists in the datastore: 'noble\.qcow2', error: /);
    await assert.rejects(
      fetchImage({ ...download, fileName: "other.qcow2", checksum: "0".repeat(64) }),
      /Could not download file 'other\.qcow2'.*checksum mismatch: got '[0-9a-f]{64}' != expect '0{64}'/s,
    );
    const again = await fetchImage({ ...download, overwriteUnmanaged: true });
    assert.equal(again.state["size"], 262144);
    const read = await plugin.read(fileUrn, again.id, again.state, again.inputs);
    assert.deepEqual((await plugin.diff(fileUrn, { ...read }, again.inputs)).detailed, {});

    const disk = {
      datastoreId: "local",
      interface: "scsi0",
      importFrom: "local:import/noble.qcow2",
      size: 4,
    };
    const program: WireMap = {
      nodeName: lab.info.api.node,
      vmId: 930,
      name: "desk",
      agent: { enabled: true, timeout: "60s" },
      bios: "ovmf",
      machine: "q35",
      efiDisk: { datastoreId: "local", type: "4m" },
      cdrom: { fileId: "none", interface: "ide3" },
      cpu: { cores: 2, type: "host" },
      disks: [disk],
      initialization: {
        datastoreId: "local",
        ipConfigs: [{ ipv4: { address: "10.0.0.130/24", gateway: "10.0.0.1" } }],
        userAccount: { username: "phx", password: "secret" },
        vendorDataFileId: "local:snippets/agent.yaml",
      },
      memory: { dedicated: 512 },
      networkDevices: [{ macAddress: "52:54:00:00:09:30" }],
      operatingSystem: { type: "l26" },
      bootOrders: ["scsi0"],
      onBoot: false,
    };
    let made = await make(program);
    assert.equal(made.id, "930");
    const [found] = made.state["disks"] as WireMap[];
    assert.deepEqual([found?.["size"], found?.["importFrom"]], [4, "local:import/noble.qcow2"]);
    assert.deepEqual((made.state["ipv4Addresses"] as string[][]).flat().includes("10.0.0.130"), true);
    assert.match(await sh("qm guest exec 930 -- id phx"), /uid=1000\(phx\)/);
    assert.deepEqual(
      (await plugin.diff(vmUrn, made, made.inputs)).detailed,
      { "disks[0].speed": "ADD" },
      "a second run has nothing else to do",
    );

    const grown = { ...program, memory: { dedicated: 768 }, disks: [{ ...disk, size: 6 }] };
    made = await change(made, grown);
    assert.equal((made.state["memory"] as WireMap)["dedicated"], 768);
    assert.match(await sh("qm config 930"), /^memory: 768$[\s\S]*^scsi0: .*size=6G/m);
    assert.match(await sh("qm status 930"), /running/);

    const kept = { ...grown, protection: true };
    made = await change(made, kept);
    await assert.rejects(plugin.delete(vmUrn, "930", made.state), /protection mode enabled/);
    // The trap: it has been stopped by then.
    assert.match(await sh("qm status 930"), /stopped/);
    made = await change(made, { ...grown, started: false, template: true });
    assert.match(await sh("qm config 930"), /^template: 1$/m);

    const clone = await make({
      nodeName: lab.info.api.node,
      vmId: 931,
      name: "copy",
      clone: { vmId: 930, full: false },
      started: false,
    });
    assert.match(await sh("qm config 931"), /^scsi0: local:930\/base-930-disk-\d+\.\w+\/931\/vm-931-disk-/m);
    await plugin.delete(vmUrn, "931", clone.state);
    await plugin.delete(vmUrn, "930", made.state);
    assert.equal((await plugin.read(vmUrn, "930", made.state, made.inputs)).id, "");
    await assert.rejects(plugin.delete(vmUrn, "930", made.state), /qemu-server\/930\.conf' does not exist/);
  });

  test("trap: a machine made by hand is adopted by a creation on its id, and deleted with it", async () => {
    await sh("qm create 940 --name foreign --memory 256 --scsi0 local:1");
    const made = await make({ nodeName: lab.info.api.node, vmId: 940, name: "mine", started: false });
    assert.equal(made.state["name"], "foreign");
    await assert.rejects(
      make({ nodeName: lab.info.api.node, vmId: 940, clone: { vmId: 940 }, started: false }),
      /VM clone: All attempts fail/,
    );
    await plugin.delete(vmUrn, "940", made.state);
    assert.match((await lab.sh("qm config 940")).stderr, /qemu-server\/940\.conf' does not exist/);
  });

  test("a template is downloaded, under the old name of File, and found by the functions", async () => {
    const urn = typed("download/fileLegacy:FileLegacy");
    const { node } = lab.info.api;
    const program: WireMap = {
      contentType: "vztmpl",
      datastoreId: "local",
      nodeName: node,
      url: "https://mirror.test/alpine-3.20-default_20240908_amd64.tar.gz",
    };
    const { inputs } = await plugin.check(urn, program);
    const { id, state } = await plugin.create(urn, inputs);
    assert.equal(id, "local:vztmpl/alpine-3.20-default_20240908_amd64.tar.gz");
    assert.ok(Number(state["size"]) > 0);

    const at = { nodeName: node, datastoreId: "local", contentType: "vztmpl" };
    const name = "alpine-3.20-default_20240908_amd64.tar.gz";
    const one = await plugin.invoke("proxmoxve:index/getFile:getFile", { ...at, fileName: name });
    assert.deepEqual(
      [one.result["id"], one.result["fileSize"], one.result["fileFormat"]],
      [id, state["size"], "tgz"],
    );
    const many = await plugin.invoke("proxmoxve:index/getFiles:getFiles", { ...at, fileNameRegex: "^alp" });
    assert.deepEqual(
      (many.result["files"] as WireMap[]).map((file) => file["fileName"]),
      [name],
    );
    await assert.rejects(
      plugin.invoke("proxmoxve:index/getFile:getFile", { ...at, fileName: "none.tar.zst" }),
      /File Not Found: File 'none\.tar\.zst' with content type 'vztmpl' not found in datastore 'local' on node/,
    );
    const filters = { contentTypes: ["import"] };
    const stores = await plugin.invoke("proxmoxve:index/getDatastores:getDatastores", {
      nodeName: node,
      filters,
    });
    const [local] = stores.result["datastores"] as WireMap[];
    assert.deepEqual([local?.["id"], local?.["active"], local?.["type"]], ["local", true, "dir"]);

    await plugin.delete(urn, id, state);
    const other = await plugin.check(urn, { ...program, url: "https://mirror.test/other.tar.zst" });
    await assert.rejects(
      plugin.create(urn, other.inputs),
      /Could not get file metadata.*Can't connect to mirror\.test/s,
    );
  });
});
