import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import type { ServiceError } from "@grpc/grpc-js";
import { ErrorResourceInitFailed } from "@pulumi/pulumi/proto/provider_pb";
import { Status } from "@pulumi/pulumi/proto/status_pb";
import { fromStruct, secret, unknown } from "../../plugins/shared/wire";
import type { WireMap } from "../../plugins/shared/wire";
import { FakeProxmox } from "./fakeProxmox";
import { PluginProcess } from "./pluginProcess";

const urn = "urn:pulumi:dev::lab::proxmoxve:index/containerLegacy:ContainerLegacy::web";
const program: WireMap = {
  nodeName: "pvetest",
  vmId: 901,
  operatingSystem: {
    templateFileId: "local:vztmpl/ubuntu-24.04-standard_24.04-2_amd64.tar.zst",
    type: "ubuntu",
  },
  disk: { datastoreId: "tank", size: 8 },
  memory: { dedicated: 1024, swap: 256 },
  networkInterfaces: [{ name: "eth0", macAddress: "52:54:00:00:09:01", firewall: true }],
  initialization: {
    hostname: "web",
    ipConfigs: [{ ipv4: { address: "10.0.0.1/24", gateway: "10.0.0.254" } }],
  },
  tags: ["web", "app"],
  features: { nesting: true },
  unprivileged: true,
  started: false,
};

describe("the proxmoxve plugin: containers", () => {
  let plugin: PluginProcess;
  let node: FakeProxmox;
  before(async () => {
    node = await FakeProxmox.start();
    plugin = await PluginProcess.start("pulumi-resource-proxmoxve");
    await configure({});
  });
  after(async () => {
    await plugin.stop();
    node.stop();
  });
  afterEach(() => {
    node.lxc.clear();
    node.calls.length = 0;
    node.failing.clear();
  });

  const configure = (more: WireMap): Promise<unknown> =>
    plugin.configure({
      endpoint: node.endpoint,
      insecure: "true",
      username: "root@pam",
      password: "secret",
      ...more,
    });
  const create = async (changes: WireMap = {}) => {
    const { inputs, failures } = await plugin.check(urn, { ...program, ...changes });
    assert.deepEqual(failures, []);
    return { inputs, ...(await plugin.create(urn, inputs)) };
  };
  const update = async (made: { inputs: WireMap; state: WireMap; id: string }, changes: WireMap) => {
    const { inputs } = await plugin.check(urn, { ...program, ...changes }, made.inputs);
    node.calls.length = 0;
    return plugin.update(urn, made.id, made, inputs);
  };
  const posted = () =>
    node.calls.filter((call) => call.method !== "GET").map((call) => `${call.method} ${call.path}`);

  test("creation sends what the real provider sends", async () => {
    const { id, state } = await create();
    assert.equal(id, "901");
    assert.deepEqual(node.calls.find((call) => call.path === "nodes/pvetest/lxc")?.body, {
      arch: "amd64",
      cmode: "tty",
      console: "1",
      cores: "1",
      cpulimit: "0",
      features: "nesting=1",
      hostname: "web",
      memory: "1024",
      net0: "bridge=vmbr0,firewall=1,host-managed=0,ip=10.0.0.1/24,gw=10.0.0.254,hwaddr=52:54:00:00:09:01,name=eth0",
      onboot: "1",
      ostemplate: "local:vztmpl/ubuntu-24.04-standard_24.04-2_amd64.tar.zst",
      ostype: "ubuntu",
      protection: "0",
      rootfs: "volume=tank:8",
      start: "0",
      storage: "tank",
      swap: "256",
      tags: "app;web",
      template: "0",
      tty: "2",
      unprivileged: "1",
      vmid: "901",
    });
    assert.deepEqual(state["tags"], ["app", "web"]);
    assert.equal(state["description"], "");
  });

  test("trap: creation on an id that is taken adopts the foreign guest without a word", async () => {
    node.lxc.set(901, {
      status: "stopped",
      config: { hostname: "foreign", rootfs: "tank:subvol-901-disk-0,size=4G" },
    });
    const { id, state } = await create();
    assert.equal(id, "901");
    assert.equal((state["initialization"] as WireMap)["hostname"], "foreign");
    await plugin.delete(urn, id, state);
    assert.equal(node.lxc.has(901), false);
  });

  test("trap: a replacement-forcing change is only marked, nothing prevents it", async () => {
    const made = await create();
    const olds = { inputs: made.inputs, state: made.state };
    const mount = { path: "/data", volume: "/srv/data" };
    for (const [changes, path] of [
      [{ vmId: 902 }, "vmId"],
      [{ nodeName: "other" }, "nodeName"],
      [{ unprivileged: false }, "unprivileged"],
      [{ template: true }, "template"],
      [{ poolId: "lab" }, "poolId"],
      [{ disk: { datastoreId: "local", size: 8 } }, "disk.datastoreId"],
      [{ mountPoints: [mount] }, "mountPoints[0]"],
      [{ clone: { vmId: 900 } }, "clone"],
      [
        { operatingSystem: { templateFileId: "local:vztmpl/other.tar.zst", type: "ubuntu" } },
        "operatingSystem.templateFileId",
      ],
      [{ initialization: { hostname: "web", userAccount: { keys: ["k"] } } }, "initialization.userAccount"],
    ] as [WireMap, string][]) {
      const { inputs } = await plugin.check(urn, { ...program, ...changes }, made.inputs);
      const { replaces, detailed } = await plugin.diff(urn, olds, inputs);
      assert.match(detailed[path] ?? "", /_REPLACE$/, path);
      assert.deepEqual(replaces, [/^\w+/.exec(path)?.[0]]);
    }
  });

  test("an update sends only what changed, grows the disk and never shrinks it", async () => {
    const made = await create();
    const grown = await update(made, { disk: { datastoreId: "tank", size: 10 }, startOnBoot: false });
    assert.deepEqual((grown["disk"] as WireMap)["size"], 10);
    assert.deepEqual(
      node.calls.filter((call) => call.method === "PUT").map((call) => [call.path, call.body]),
      [
        ["nodes/pvetest/lxc/901/resize", { disk: "rootfs", size: "10G" }],
        [
          "nodes/pvetest/lxc/901/config",
          {
            onboot: "0",
            rootfs: "acl=0,size=10737418240,quota=0,replicate=0,volume=tank:901/vm-901-disk-0.raw",
          },
        ],
      ],
    );
    const shrink = update({ ...made, state: grown }, { disk: { datastoreId: "tank", size: 6 } });
    await assert.rejects(shrink, /new disk size \(6G\) has to be greater than the current disk \(10G\)/);
  });

  test("an update says that a card's firewall is off, where a creation leaves it out", async () => {
    const made = await create();
    const [card] = program["networkInterfaces"] as WireMap[];
    await update(made, { networkInterfaces: [{ ...card, firewall: false }] });
    const change = node.calls.find(({ method, path }) => method === "PUT" && path.endsWith("/config"));
    assert.equal(
      (change?.body as WireMap)["net0"],
      "bridge=vmbr0,firewall=0,host-managed=0,ip=10.0.0.1/24,gw=10.0.0.254,hwaddr=52:54:00:00:09:01,name=eth0",
    );
  });

  test("only some changes reboot a running container", async () => {
    node.addresses.set(901, "10.0.0.1");
    const made = await create({ started: true });
    assert.deepEqual(made.state["ipv4"], { eth0: "10.0.0.1" });
    const reboots = async (changes: WireMap) => {
      await update(made, { started: true, ...changes });
      return posted().includes("POST nodes/pvetest/lxc/901/status/reboot");
    };
    const { initialization } = program as { initialization: WireMap };
    assert.equal(await reboots({ memory: { dedicated: 2048, swap: 256 } }), true);
    assert.equal(await reboots({ initialization: { ...initialization, hostname: "other" } }), true);
    assert.equal(
      await reboots({ initialization: { ...initialization, dns: { servers: ["9.9.9.9"] } } }),
      true,
    );
    assert.equal(await reboots({ networkInterfaces: [{ name: "eth0", bridge: "vmbr1" }] }), true);
    assert.equal(await reboots({ cpu: { cores: 4 } }), false);
    assert.equal(
      await reboots({ tags: ["x"], description: "text\n", startOnBoot: false, startup: { order: 1 } }),
      false,
    );
    assert.equal(await reboots({ disk: { datastoreId: "tank", size: 12 } }), false);
  });

  test("without an address `started` waits for ten seconds, then goes on", { timeout: 30_000 }, async () => {
    node.addresses.clear();
    const began = Date.now();
    const { state } = await create({ started: true });
    assert.deepEqual([state["started"], state["ipv4"]], [true, {}]);
    assert.ok(Date.now() - began >= 9_500);
  });

  test("deletion shuts a running container down first; one that is gone is an error, as really", async () => {
    const made = await create();
    node.lxc.get(901)!.status = "running";
    node.calls.length = 0;
    await plugin.delete(urn, "901", made.state);
    assert.deepEqual(posted(), [
      "POST nodes/pvetest/lxc/901/status/shutdown",
      "DELETE nodes/pvetest/lxc/901",
    ]);
    assert.deepEqual(node.calls.find((call) => call.path.endsWith("shutdown"))?.body, {
      forceStop: "1",
      timeout: "55",
    });
    await assert.rejects(
      plugin.delete(urn, "901", made.state),
      /error retrieving container status: the requested resource/,
    );
  });

  test("a task that fails is told with its log; a refusal after three attempts with each of them", async () => {
    node.failing.set("vzcreate", "unable to create CT 901 - no space left");
    await assert.rejects(create(), (error: Error & { details: string }) => {
      assert.match(error.details, /^1 error occurred:\n\t\* Container create: task "UPID:pvetest:/);
      assert.match(
        error.details,
        /failed to complete with exit code: unable to create CT 901 - no space left\ntask log:/,
      );
      return true;
    });
    await assert.rejects(plugin.update(urn, "77", { inputs: {}, state: {} }, { ...program, vmId: 77 }), {
      details:
        `updating ${urn}: 1 error occurred:\n\t* ` +
        "error retrieving container: the requested resource does not exist\nreceived an HTTP 500 " +
        "response - Reason: Configuration file 'nodes/pvetest/lxc/77.conf' does not exist\n\n",
    });
  });

  test("a task that ends with warnings has succeeded, and they are shown", async () => {
    node.failing.set("vzcreate", "WARNINGS: 1");
    const { id } = await create();
    assert.equal(id, "901");
    const told = plugin.engine.log.map(({ message }) => message).filter((line) => line.includes("WARNINGS"));
    assert.deepEqual(
      told.map((line) => line.replace(/UPID:[^"]*/, "UPID")),
      [
        'task "UPID" completed with warnings (WARNINGS: 1)\nWARN: Systemd 257 detected. You may need to enable nesting.',
      ],
    );
  });

  test("a container that was made but does not start is handed over with its id", async () => {
    node.failing.set("start", "startup for container '901' failed");
    await assert.rejects(create({ started: true }), (error: ServiceError) => {
      assert.match(error.details, /exit code: startup for container '901' failed/);
      const [bytes] = error.metadata.get("grpc-status-details-bin") as Buffer[];
      const [detail] = Status.deserializeBinary(bytes ?? Buffer.alloc(0)).getDetailsList();
      assert.equal(detail?.getTypeName(), "pulumirpc.ErrorResourceInitFailed");
      const failed = ErrorResourceInitFailed.deserializeBinary(detail.getValue_asU8());
      assert.equal(failed.getId(), "901");
      assert.equal(fromStruct(failed.getProperties())["vmId"], 901);
      assert.equal(failed.getReasonsList().length, 1);
      return true;
    });
  });

  test("reading finds drift, and a container that is gone", async () => {
    const made = await create();
    node.lxc.get(901)!.config["memory"] = 2048;
    const read = await plugin.read(urn, "901", made.state, made.inputs);
    assert.deepEqual(read.inputs["memory"], { dedicated: 2048, swap: 256 });
    node.lxc.clear();
    assert.deepEqual(await plugin.read(urn, "901", made.state, made.inputs), {
      id: "",
      state: {},
      inputs: {},
    });
  });

  test("import by node/id gives inputs that plan nothing", async () => {
    await create();
    const read = await plugin.read(urn, "pvetest/901");
    assert.equal(read.id, "901");
    assert.deepEqual(read.inputs["disk"], { __defaults: [], datastoreId: "tank", size: 8 });
    const { inputs } = await plugin.check(urn, program, read.inputs);
    const ignore = ["mountPoints", "devicePassthroughs", "idmaps", "features", "started", "operatingSystem"];
    const diff = await plugin.diff(urn, { inputs: read.inputs, state: read.state }, inputs, ignore);
    assert.deepEqual(diff.replaces, []);
  });

  test("check names missing and unknown properties; the preview leaves what the node decides unknown", async () => {
    const { failures } = await plugin.check(urn, { vmId: 901, memori: {}, disk: { sice: 3 } });
    assert.deepEqual(
      failures.map((failure) => failure.reason),
      [
        "Missing required argument. The argument \"node_name\" is required, but no definition was found.. Examine values at 'web.nodeName'.",
        "Invalid or unknown key. Examine values at 'web.disk.sice'.",
        "Invalid or unknown key. Examine values at 'web.memori'.",
      ],
    );
    const free = (await plugin.check(urn, program)).inputs;
    delete free["vmId"];
    const { id, state } = await plugin.create(urn, free, true);
    assert.deepEqual([id, state["id"], state["vmId"], state["ipv4"]], ["", unknown, unknown, unknown]);
  });

  test("a wrong password, a token, a certificate and a closed port", async () => {
    const made = await create();
    const status = () => plugin.read(urn, "901", made.state, made.inputs);
    await configure({ password: "wrong" });
    await assert.rejects(status(), (error: Error & { details: string }) => {
      assert.match(
        error.details,
        /failed to authenticate: received an HTTP 401 response - Reason: authentication failure/,
      );
      assert.doesNotMatch(error.details, /wrong/);
      return true;
    });
    await configure({ apiToken: secret("root@pam!lab=0-0"), password: null, username: null });
    assert.equal((await status()).id, "901");
    await configure({ insecure: "false" });
    await assert.rejects(status(), /self-signed certificate/);
    await configure({ endpoint: "https://127.0.0.1:1/" });
    await assert.rejects(status(), /dial tcp 127\.0\.0\.1:1: connect: connection refused/);
    await configure({});
  });

  test("getContainersLegacy filters by tag and name; unknown filters are refused", async () => {
    await create();
    const token = "proxmoxve:index/getContainersLegacy:getContainersLegacy";
    const all = await plugin.invoke(token, {
      tags: ["web"],
      filters: [{ name: "name", regex: true, values: ["^w"] }],
    });
    assert.deepEqual(all.result["containers"], [
      {
        name: "web",
        nodeName: "pvetest",
        status: "stopped",
        tags: ["app", "web"],
        template: false,
        vmId: 901,
      },
    ]);
    const none = await plugin.invoke(token, { nodeName: "pvetest", tags: ["db"] });
    assert.deepEqual(none.result["containers"], []);
    await assert.rejects(
      plugin.invoke(token, { filters: [{ name: "colour", values: ["red"] }] }),
      /unknown filter name 'colour', should be one of \[name, template, status, node_name\]/,
    );
  });
});
