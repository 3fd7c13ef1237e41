import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ErrorResourceInitFailed } from "@pulumi/pulumi/proto/provider_pb";
import { Status } from "@pulumi/pulumi/proto/status_pb";
import type { ServiceError } from "@grpc/grpc-js";
import { fromStruct } from "../../plugins/shared/wire";
import type { WireMap } from "../../plugins/shared/wire";
import { disk, program, urn, VmPlugin } from "./vmPlugin";

const efiDisk = { datastoreId: "local", type: "4m" };
const tpmState = { datastoreId: "local", version: "v2.0" };

/** The state that comes with a failure. */
function stateOf(error: ServiceError): WireMap {
  const [bytes] = error.metadata.get("grpc-status-details-bin") as Buffer[];
  const [detail] = Status.deserializeBinary(bytes!).getDetailsList();
  const failed = ErrorResourceInitFailed.deserializeBinary(detail!.getValue_asU8());
  return fromStruct(failed.getProperties());
}

describe("the proxmoxve plugin: changes of machines", () => {
  const lab = new VmPlugin(program);
  const failing = async (work: Promise<unknown>): Promise<ServiceError> => {
    const error = await work.then(
      () => undefined,
      (reason: unknown) => reason as ServiceError,
    );
    assert.ok(error, "nothing failed");
    return error;
  };

  test("EFI and TPM disks are allocated on creation, and moved to another storage, never made anew", async () => {
    const made = await lab.create({ efiDisk, tpmState });
    const posted = lab.node.calls.find((call) => call.path.endsWith("qemu"))?.body;
    assert.equal(posted?.["efidisk0"], "file=local:1,format=raw,efitype=4m,pre-enrolled-keys=0");
    assert.equal(posted["tpmstate0"], "file=local:1,version=v2.0");
    const tank = { datastoreId: "tank" };
    const state = await lab.update(made, {
      efiDisk: { ...efiDisk, ...tank },
      tpmState: { ...tpmState, ...tank },
    });
    const calls = lab.changing();
    assert.deepEqual(
      calls.map(([call, { disk: moved = "" }]) => `${call} ${moved}`),
      ["PUT config ", "POST move_disk efidisk0", "POST move_disk tpmstate0"],
    );
    assert.ok(!Object.keys(calls[0]?.[1] ?? {}).some((key) => /efidisk|tpmstate/.test(key)));
    assert.equal((state["efiDisk"] as WireMap)["datastoreId"], "tank");
    await lab.update({ ...made, state }, { efiDisk: { ...efiDisk, ...tank } });
    assert.equal(lab.changing()[0]?.[1]["delete"], "tpmstate0");
  });

  test("what needs the machine off is refused where that is forbidden; the state stays the node's", async () => {
    const kept = { started: true, rebootAfterUpdate: false };
    const made = await lab.create({ ...kept, tpmState });
    const change = { ...kept, tpmState: { ...tpmState, datastoreId: "tank" }, description: "new" };
    const error = await failing(lab.update(made, change));
    assert.equal(
      error.details,
      `updating ${urn}: 1 error occurred:\n\t* cannot add, remove, or update the TPM device while the VM is running ` +
        "because this change requires the VM to be powered off, but automatic power-offs/reboots are disabled by " +
        "'reboot_after_update = false'\n\n",
    );
    assert.deepEqual(lab.changing(), []);
    const state = stateOf(error);
    assert.equal(state["description"], "");
    assert.equal((state["tpmState"] as WireMap)["datastoreId"], "local");
  });

  test("an update that fails leaves its plan as the state: only a refresh shows the difference again", async () => {
    const made = await lab.create();
    lab.node.failing.set("resize", "no space left");
    const error = await failing(lab.update(made, { disks: [{ ...disk, size: 9 }] }));
    assert.match(error.details, /\* VM disk resize: All attempts fail:\n#1: task ".*" failed.*no space left/);
    const state = stateOf(error);
    assert.equal((state["disks"] as WireMap[])[0]?.["size"], 9);
    Object.assign(lab.node.qemu.get(910)?.config ?? {}, { scsi0: "local:910/vm-910-disk-0.raw,size=4G" });
    const read = await lab.plugin.read(urn, made.id, state, made.inputs);
    assert.equal((read.state["disks"] as WireMap[])[0]?.["size"], 4);
  });

  test("a clone onto an id that is taken fails: one attempt is the default, and only a second one adopts", async () => {
    await lab.create({ vmId: 900, name: "base" });
    await lab.create({ name: "foreign" });
    const error = await failing(lab.create({ clone: { vmId: 900 } }));
    assert.match(
      error.details,
      /\* VM clone: All attempts fail:\n#1: error cloning VM: .*config file already exists/s,
    );
    assert.equal(lab.node.qemu.get(910)?.config["name"], "foreign");
  });

  test("a clone that cannot be adapted is handed over with its id; a source of another node is refused", async () => {
    await lab.create({ vmId: 900, name: "base", efiDisk });
    const clone = { vmId: 900 };
    const error = await failing(lab.create({ clone, efiDisk: { ...efiDisk, type: "2m" } }));
    assert.match(
      error.details,
      /^creating urn:.*\* changing the EFI disk type \(4m \/ 2m\) is not supported\n/s,
    );
    assert.equal(lab.node.qemu.has(910), true);
    lab.node.qemu.delete(910);
    const { state } = await lab.create({ clone: { ...clone, full: false }, efiDisk, tpmState });
    assert.deepEqual(state["efiDisk"], { ...efiDisk, fileFormat: "raw", preEnrolledKeys: false });
    assert.deepEqual(state["tpmState"], tpmState);
    const elsewhere = await failing(lab.create({ vmId: 911, clone: { ...clone, nodeName: "other" } }));
    assert.match(
      elsewhere.details,
      /cloning from another node is not supported by the lab's proxmoxve plugin/,
    );
    assert.equal(lab.node.qemu.has(911), false);
  });

  test("cloud-init: its drive, accounts and addresses on creation; a change rebuilds the drive", async () => {
    const initialization = {
      datastoreId: "local",
      dns: { domain: "lab.test", servers: ["10.0.0.1", "10.0.0.2"] },
      ipConfigs: [{ ipv4: { address: "10.0.0.5/24", gateway: "10.0.0.1" } }],
      userAccount: { username: "phx", keys: ["ssh-ed25519 AAAA me@here"] },
    };
    const made = await lab.create({ initialization });
    const { ciuser, sshkeys, ipconfig0, nameserver, searchdomain, ide2 } =
      lab.node.calls.find((call) => call.path.endsWith("qemu"))?.body ?? {};
    assert.deepEqual(
      { ciuser, sshkeys, ipconfig0, nameserver, searchdomain, ide2 },
      {
        ciuser: "phx",
        sshkeys: "ssh-ed25519%20AAAA%20me%40here",
        ipconfig0: "gw=10.0.0.1,ip=10.0.0.5/24",
        nameserver: "10.0.0.1 10.0.0.2",
        searchdomain: "lab.test",
        ide2: "file=local:cloudinit",
      },
    );
    const dhcp = { ...initialization, ipConfigs: [{ ipv4: { address: "dhcp" } }] };
    await lab.update(made, { initialization: dhcp });
    const calls = lab.changing();
    assert.deepEqual(
      calls.map(([call]) => call),
      ["PUT config", "PUT cloudinit"],
    );
    assert.equal(calls[0]?.[1]["ipconfig0"], "ip=dhcp");
    assert.equal("ide2" in (calls[0]?.[1] ?? {}), false);
  });

  test("a mapped device goes by its mapping; removed ones are deleted by their slots", async () => {
    const made = await lab.create({
      machine: "q35",
      hostpcis: [{ device: "hostpci0", mapping: "gpu0", pcie: true }],
    });
    const posted = lab.node.calls.find((call) => call.path.endsWith("qemu"))?.body;
    assert.equal(posted?.["hostpci0"], "mapping=gpu0,pcie=1,rombar=1,x-vga=0");
    await lab.update(made, { machine: "q35" });
    const { delete: deleted = "" } = lab.changing()[0]?.[1] ?? {};
    assert.deepEqual(
      deleted.split(","),
      Array.from({ length: 16 }, (_, slot) => `hostpci${slot}`),
    );
    const bare = lab.create({ vmId: 911, hostpcis: [{ device: "hostpci0" }] });
    const { details } = await failing(bare);
    assert.match(
      details,
      /failed to encode PCI device hostpci0: either device ID or resource mapping must be set/,
    );
    assert.equal(lab.node.qemu.has(911), false);
  });
});
