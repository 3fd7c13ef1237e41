import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import type { WireMap } from "../../plugins/shared/wire";
import { FakeProxmox } from "./fakeProxmox";
import { PluginProcess } from "./pluginProcess";

const urn = "urn:pulumi:dev::lab::proxmoxve:download/file:File::image";
const url = "https://images.test/noble.img";
const program: WireMap = { contentType: "iso", datastoreId: "local", nodeName: "pvetest", url };
const sum = { checksum: "ab".repeat(32), checksumAlgorithm: "sha256" };

describe("the proxmoxve plugin: downloaded files", () => {
  let plugin: PluginProcess;
  let node: FakeProxmox;
  before(async () => {
    node = await FakeProxmox.start();
    plugin = await PluginProcess.start("pulumi-resource-proxmoxve");
    const login = { username: "root@pam", password: "secret" };
    await plugin.configure({ endpoint: node.endpoint, insecure: "true", ...login });
    node.remote.set(url, { filename: "noble.img", size: 1000 });
  });
  after(async () => {
    await plugin.stop();
    node.stop();
  });
  afterEach(() => {
    node.volumes.clear();
    node.failing.clear();
    node.calls.length = 0;
    node.remote.set(url, { filename: "noble.img", size: 1000 });
  });

  const create = async (changes: WireMap = {}) => {
    const { inputs, failures } = await plugin.check(urn, { ...program, ...changes });
    assert.deepEqual(failures, []);
    return { inputs, ...(await plugin.create(urn, inputs)) };
  };

  test("creation asks the address for the name, downloads, and reads the size back", async () => {
    const { id, inputs, state } = await create(sum);
    assert.equal(id, "local:iso/noble.img");
    assert.deepEqual(inputs, { ...program, ...sum });
    assert.deepEqual(
      node.calls
        .filter((call) => !/tasks|ticket/.test(call.path))
        .map((call) => [call.method, call.path, call.body]),
      [
        ["GET", "nodes/pvetest/query-url-metadata", { url, "verify-certificates": "1" }],
        [
          "POST",
          "nodes/pvetest/storage/local/download-url",
          {
            content: "iso",
            filename: "noble.img",
            node: "pvetest",
            storage: "local",
            url,
            "verify-certificates": "1",
            checksum: sum.checksum,
            "checksum-algorithm": "sha256",
          },
        ],
        ["GET", "nodes/pvetest/storage/local/content", { content: "iso" }],
      ],
    );
    const { __pulumi_raw_state_delta: _delta, ...shown } = state;
    assert.ok(_delta !== undefined);
    assert.deepEqual(shown, {
      ...program,
      ...sum,
      id,
      decompressionAlgorithm: null,
      fileName: "noble.img",
      overwrite: true,
      overwriteUnmanaged: false,
      size: 1000,
      uploadTimeout: 600,
      verify: true,
    });
  });

  test("a file that is there already is refused, and replaced only with overwriteUnmanaged", async () => {
    node.volumes.set("local:iso/noble.img", 5);
    await assert.rejects(
      create(),
      /'noble\.img', error: error download file by URL: .*refusing to override/s,
    );
    assert.equal(node.volumes.get("local:iso/noble.img"), 5);
    const { state } = await create({ overwriteUnmanaged: true });
    assert.equal(state["size"], 1000);
  });

  test("a download that fails is told with its task; an unknown address before anything is done", async () => {
    node.failing.set("download", "checksum mismatch");
    await assert.rejects(create(sum), /Could not download file 'noble\.img'.*exit code: checksum mismatch/s);
    await assert.rejects(
      create({ url: "https://images.test/none" }),
      /Could not get file metadata.*404 Not Found/s,
    );
    assert.equal(node.volumes.size, 0);
  });

  test("with overwrite a changed file, here or at the address, is replaced after a refresh", async () => {
    const made = await create();
    const planAfter = async (inputs: WireMap) => {
      const read = await plugin.read(urn, made.id, made.state, inputs);
      const { replaces } = await plugin.diff(urn, { inputs: read.inputs, state: read.state }, inputs);
      return replaces;
    };
    assert.deepEqual(await planAfter(made.inputs), []);
    node.volumes.set(made.id, 999);
    assert.deepEqual(await planAfter(made.inputs), ["size"]);
    node.volumes.set(made.id, 1000);
    node.remote.set(url, { filename: "noble.img", size: 2000 });
    assert.deepEqual(await planAfter(made.inputs), ["size"]);
    assert.deepEqual(await planAfter({ ...made.inputs, overwrite: false }), []);
    node.remote.delete(url);
    assert.deepEqual(await planAfter(made.inputs), []);
  });

  test("address, name, storage and checksum force a replacement; timeouts do not", async () => {
    const made = await create();
    const olds = { inputs: made.inputs, state: made.state };
    for (const change of [
      { url: `${url}2` },
      { fileName: "x.img" },
      { datastoreId: "tank" },
      sum,
    ] as WireMap[]) {
      const { replaces } = await plugin.diff(urn, olds, { ...made.inputs, ...change });
      assert.deepEqual(replaces, Object.keys(change));
    }
    const { changes, replaces } = await plugin.diff(urn, olds, { ...made.inputs, uploadTimeout: 60 });
    assert.deepEqual([changes, replaces], ["DIFF_SOME", []]);
  });

  test("a file that is gone is gone; deletion of one is no error", async () => {
    const made = await create();
    await plugin.delete(urn, made.id, made.state);
    assert.equal(node.volumes.size, 0);
    await plugin.delete(urn, made.id, made.state);
    const read = await plugin.read(urn, made.id, made.state, made.inputs);
    assert.deepEqual(read, { id: "", state: {}, inputs: {} });
  });

  test("check names what a value may be", async () => {
    const { failures } = await plugin.check(urn, {
      ...program,
      contentType: "rootdir",
      url: "ftp://x",
      checksum: "a",
    });
    assert.deepEqual(
      failures.map((failure) => failure.reason.split(". ")[1]),
      [
        'Value must be one of: ["iso" "vztmpl" "import"], got: "rootdir"',
        "must match HTTP URL regex `https?://.*`, got: ftp://x",
        '"checksum" and "checksumAlgorithm" must be specified together',
      ],
    );
  });
});
