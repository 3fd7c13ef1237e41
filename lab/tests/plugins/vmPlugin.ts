import assert from "node:assert/strict";
import { after, afterEach, before } from "node:test";
import type { WireMap } from "../../plugins/shared/wire";
import { FakeProxmox } from "./fakeProxmox";
import { PluginProcess } from "./pluginProcess";

export const urn = "urn:pulumi:dev::lab::proxmoxve:index/vmLegacy:VmLegacy::desk";
export const disk = { datastoreId: "local", fileFormat: "raw", interface: "scsi0", size: 4 };

/** Inputs of a stopped machine with one disk and one card. */
export const program: WireMap = {
  nodeName: "pvetest",
  vmId: 910,
  name: "desk",
  bootOrders: ["scsi0"],
  cdrom: { fileId: "none", interface: "ide3" },
  disks: [disk],
  networkDevices: [{ bridge: "vmbr0", macAddress: "52:54:00:00:09:10" }],
  started: false,
};

export interface Made {
  id: string;
  inputs: WireMap;
  state: WireMap;
}

/** The plugin before a fake node, for the tests of one suite; each test starts without machines. */
export class VmPlugin {
  plugin!: PluginProcess;
  node!: FakeProxmox;

  /** @param program Inputs of every machine, unless a test changes them. */
  constructor(readonly program: WireMap) {
    before(async () => {
      this.node = await FakeProxmox.start();
      this.plugin = await PluginProcess.start("pulumi-resource-proxmoxve");
      await this.plugin.configure({
        endpoint: this.node.endpoint,
        insecure: "true",
        username: "root@pam",
        password: "secret",
      });
    });
    after(async () => {
      await this.plugin.stop();
      this.node.stop();
    });
    afterEach(() => {
      this.node.qemu.clear();
      this.node.addresses.clear();
      this.node.calls.length = 0;
      this.node.failing.clear();
    });
  }

  async create(changes: WireMap = {}): Promise<Made> {
    const { inputs, failures } = await this.plugin.check(urn, { ...this.program, ...changes });
    assert.deepEqual(failures, []);
    return { inputs, ...(await this.plugin.create(urn, inputs)) };
  }

  async update(made: Made, changes: WireMap): Promise<WireMap> {
    const { inputs } = await this.plugin.check(urn, { ...this.program, ...changes }, made.inputs);
    this.node.calls.length = 0;
    return this.plugin.update(urn, made.id, made, inputs);
  }

  /** Calls that change something, with the part of the path below the machine. */
  changing(): [call: string, body: Record<string, string>][] {
    return this.node.calls
      .filter((call) => call.method !== "GET")
      .map((call) => [`${call.method} ${call.path.split("/").slice(4).join("/")}`, call.body]);
  }
}
