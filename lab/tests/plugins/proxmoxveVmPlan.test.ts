import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as rpc from "@pulumi/pulumi/proto/provider_pb";
import { toStruct, unknown } from "../../plugins/shared/wire";
import type { WireMap } from "../../plugins/shared/wire";
import { disk, program, urn, VmPlugin } from "./vmPlugin";

describe("the proxmoxve plugin: what is planned for a machine", () => {
  const lab = new VmPlugin(program);

  const diff = async (made: { inputs: WireMap; state: WireMap }, changes: WireMap) => {
    const { inputs } = await lab.plugin.check(urn, { ...program, ...changes }, made.inputs);
    const { detailed } = await lab.plugin.diff(urn, made, inputs, ["disks"]);
    return detailed;
  };

  const faults: [changes: WireMap, reason: string, at: string][] = [
    [{ bios: "uefi" }, 'expected bios to be one of ["ovmf" "seabios"], got uefi', "bios"],
    [{ vmId: 99 }, "expected vm_id to be in the range (100 - 2147483647), got 99", "vmId"],
    [{ name: "a_b" }, "invalid value for name (must be a valid DNS name)", "name"],
    [{ machine: "q36" }, "invalid value for machine (must be a valid machine type)", "machine"],
    [{ cpu: { cores: 0 } }, "expected cores to be in the range (1 - 2304), got 0", "cpu.cores"],
    [
      { cpu: { limit: 200 } },
      "expected limit to be in the range (0.000000 - 128.000000), got 200.000000",
      "cpu.limit",
    ],
    [
      { agent: { timeout: "soon" } },
      "expected value of timeout to be a duration - got: soon",
      "agent.timeout",
    ],
    [
      { hotplug: "disk,gpu" },
      'hotplug: "gpu" is not a valid hotplug feature (must be cpu, disk, memory, network, usb, 0, or 1)',
      "hotplug",
    ],
    [
      { disks: [{ ...disk, importFrom: "cloud.img" }] },
      "expected import_from to be a valid file identifier (datastore-name:iso/some-file.img), got cloud.img",
      "disks[0].importFrom",
    ],
    [{ disks: [{ ...disk, size: 0 }] }, "expected size to be at least (1), got 0", "disks[0].size"],
    [
      { networkDevices: [{ macAddress: "52:54" }] },
      'expected "mac_address" to be a valid MAC address (A0:B1:C2:D3:E4:F5), got "52:54"',
      "networkDevices[0].macAddress",
    ],
    [
      { serialDevices: Array.from({ length: 5 }, () => ({})) },
      "Too many list items. Attribute supports 4 item maximum, but config has 5 declared.",
      "serialDevices",
    ],
    [
      { rngs: [{}] },
      'Missing required argument. The argument "source" is required, but no definition was found.',
      "rngs[0].source",
    ],
    [{ efiDisk: { type: "8m" } }, 'expected type to be one of ["2m" "4m"], got 8m', "efiDisk.type"],
  ];
  for (const [changes, reason, at] of faults)
    test(`check refuses ${JSON.stringify(changes).slice(0, 60)}`, async () => {
      const { failures } = await lab.plugin.check(urn, { ...program, ...changes });
      assert.deepEqual(failures, [{ property: "", reason: `${reason}. Examine values at 'desk.${at}'.` }]);
    });

  test("what forces a replacement, and what does not", async () => {
    const tpmState = { datastoreId: "local", version: "v2.0" };
    const efiDisk = { datastoreId: "local", type: "4m" };
    const made = await lab.create({ tpmState, efiDisk, initialization: { datastoreId: "local" } });
    const plans: [changes: WireMap, detailed: Record<string, string>][] = [
      [{}, {}],
      [{ vmId: 911 }, { vmId: "UPDATE_REPLACE" }],
      // A preview that does not know the number yet has to expect another one.
      [{ vmId: unknown }, { vmId: "UPDATE_REPLACE" }],
      [{ nodeName: "other" }, { nodeName: "UPDATE_REPLACE" }],
      [
        { nodeName: "other", migrate: true },
        { migrate: "UPDATE", nodeName: "UPDATE" },
      ],
      [{ tpmState: { ...tpmState, version: "v1.2" } }, { "tpmState.version": "UPDATE_REPLACE" }],
      [{ tpmState: { ...tpmState, datastoreId: "tank" } }, { "tpmState.datastoreId": "UPDATE" }],
      [{ efiDisk: { ...efiDisk, type: "2m" } }, { "efiDisk.type": "UPDATE_REPLACE" }],
      [{ clone: { vmId: 900 } }, { clone: "ADD" }],
      [
        { initialization: { datastoreId: "local", userDataFileId: "local:snippets/a.yaml" } },
        { "initialization.userDataFileId": "UPDATE_REPLACE" },
      ],
      [{ memory: { dedicated: 2048 } }, { memory: "ADD" }],
      [{ template: true, started: true }, { template: "UPDATE" }],
      [{ description: "  a\n" }, { description: "UPDATE" }],
    ];
    for (const [changes, detailed] of plans)
      assert.deepEqual(
        await diff(made, { tpmState, efiDisk, initialization: { datastoreId: "local" }, ...changes }),
        detailed,
        JSON.stringify(changes),
      );
  });

  test("a password that the node shows as stars is not compared, nor is the order of disks", async () => {
    const account = { username: "phx", password: "first" };
    const initialization = { datastoreId: "local", userAccount: account };
    const second = { ...disk, interface: "scsi1" };
    const made = await lab.create({ initialization, disks: [disk, second] });
    Object.assign(lab.node.qemu.get(910)?.config ?? {}, { cipassword: "**********" });
    const read = await lab.plugin.read(urn, made.id, made.state, made.inputs);
    const changed = {
      initialization: { ...initialization, userAccount: { ...account, password: "second" } },
    };
    assert.deepEqual(await diff({ ...made, state: read.state }, changed), {});
    const renamed = { initialization: { ...initialization, userAccount: { username: "other" } } };
    const { inputs } = await lab.plugin.check(
      urn,
      { ...program, disks: [disk, second], ...renamed },
      made.inputs,
    );
    lab.node.calls.length = 0;
    await lab.plugin.update(urn, made.id, { inputs: made.inputs, state: read.state }, inputs);
    const sent = lab.node.calls.filter((call) => call.method === "PUT").map((call) => call.body);
    assert.equal(sent[0]?.["ciuser"], "other");
    assert.ok(sent.every((body) => !("cipassword" in body)));

    const withSpeed = { speed: { read: 100 } };
    const [one, two] = [
      { ...disk, ...withSpeed },
      { ...second, ...withSpeed },
    ];
    lab.node.qemu.clear();
    const limited = await lab.create({ disks: [one, two] });
    const { inputs: turned } = await lab.plugin.check(urn, { ...program, disks: [two, one] }, limited.inputs);
    assert.deepEqual((await lab.plugin.diff(urn, limited, turned)).detailed, {});
  });

  test("the preview of a start knows no addresses; that of another change keeps them", async () => {
    const made = await lab.create();
    const preview = async (changes: WireMap): Promise<WireMap> => {
      const { inputs } = await lab.plugin.check(urn, { ...program, ...changes }, made.inputs);
      return lab.plugin.update(urn, made.id, made, inputs, true);
    };
    assert.equal((await preview({ started: true }))["ipv4Addresses"], unknown);
    assert.deepEqual((await preview({ description: "x" }))["ipv4Addresses"], []);
  });

  test("settings of the provider that are not carried are refused by name", async () => {
    const request = new rpc.CheckRequest();
    request.setUrn("urn:pulumi:dev::lab::pulumi:providers:proxmoxve::proxmox");
    request.setNews(
      toStruct({
        endpoint: lab.node.endpoint,
        otp: "123456",
        randomVmIds: false,
        minTls: "1.2",
        colour: "red",
      }),
    );
    const response = await lab.plugin.call<rpc.CheckRequest, rpc.CheckResponse>("checkConfig", request);
    assert.deepEqual(
      response.getFailuresList().map((failure) => failure.getReason()),
      [
        "could not validate provider configuration: Invalid or unknown key. Examine values at 'proxmoxve:colour'.",
        "'otp' is not supported by the lab's proxmoxve plugin",
      ],
    );
  });
});
