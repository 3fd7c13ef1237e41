import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import * as rpc from "@pulumi/pulumi/proto/provider_pb";
import { fromStruct, textOf, toStruct } from "../../plugins/shared/wire";
import type { WireMap } from "../../plugins/shared/wire";
import { FakeProxmox } from "./fakeProxmox";
import { diffObject, PluginProcess } from "./pluginProcess";

interface Recorded {
  method: string;
  request: WireMap & { urn?: string };
  response: WireMap | null;
}

const folder = join(__dirname, "..", "fixtures", "proxmoxve");
const recordings = readdirSync(folder)
  .filter((name) => name.endsWith(".jsonl"))
  .sort();

/** Types replayed against the node. */
const types = ["ContainerLegacy", "VmLegacy"];

describe("the proxmoxve plugin answers as recorded", () => {
  let plugin: PluginProcess;
  let node: FakeProxmox;
  before(async () => {
    node = await FakeProxmox.start();
    plugin = await PluginProcess.start("pulumi-resource-proxmoxve");
  });
  after(async () => {
    await plugin.stop();
    node.stop();
  });

  for (const name of recordings)
    test(name, async () => {
      if (name.startsWith("5-")) {
        const config = node.lxc.get(401)?.config ?? {};
        Object.assign(config, { mp0: "/srv/x,mp=/x", features: "keyctl=1,nesting=1" });
      }
      const lines = readFileSync(join(folder, name), "utf8").trim().split("\n");
      let compared = 0;
      for (const line of lines) {
        const recorded = JSON.parse(line) as Recorded;
        const answer = await replay(recorded);
        if (answer === undefined) continue;
        const at = `${recorded.method} ${String(recorded.request.urn ?? "")
          .split("::")
          .at(-1)}`;
        assert.deepEqual(answer, recorded.response, `${name}: ${at}`);
        compared++;
      }
      assert.ok(compared > 0, "nothing was compared");
      // What was set outside and ignored is gone before the next recording.
      if (name.startsWith("5-")) {
        const config = node.lxc.get(401)?.config ?? {};
        delete config["mp0"];
        config["features"] = "nesting=1";
      }
    });

  /** The plugin's answer in the recording's form; undefined for what is not replayed. */
  async function replay({ method, request }: Recorded): Promise<WireMap | null | undefined> {
    const own = types.some((type) => request.urn?.includes(`:${type}::`));
    const urn = request.urn ?? "";
    const part = (key: string): WireMap => (request[key] ?? {}) as WireMap;
    switch (method) {
      case "Configure": {
        const args = { ...part("args"), endpoint: node.endpoint, password: node.password };
        const { acceptsecrets, acceptresources, acceptoutputs, ...rest } = await plugin.configure(args);
        assert.deepEqual([acceptsecrets, acceptresources, acceptoutputs], [false, false, false]);
        return { supportsPreview: rest.supportspreview, supportsAutonamingConfiguration: true };
      }
      case "CheckConfig": {
        const message = new rpc.CheckRequest();
        message.setUrn(urn);
        message.setNews(toStruct(part("news")));
        const response = await plugin.call<rpc.CheckRequest, rpc.CheckResponse>("checkConfig", message);
        return { inputs: fromStruct(response.getInputs()) };
      }
      case "Check": {
        if (!own) return undefined;
        const { inputs, failures } = await plugin.check(urn, part("news"), part("olds"));
        assert.deepEqual(failures, []);
        return { inputs };
      }
      case "Diff": {
        if (!own) return undefined;
        const message = new rpc.DiffRequest();
        message.setUrn(urn);
        message.setId(textOf(request["id"]) ?? "");
        message.setOlds(toStruct(part("olds")));
        message.setNews(toStruct(part("news")));
        message.setOldInputs(toStruct(part("oldInputs")));
        message.setIgnorechangesList((request["ignoreChanges"] ?? []) as string[]);
        return recordedDiff(
          diffObject(await plugin.call<rpc.DiffRequest, rpc.DiffResponse>("diff", message)),
        );
      }
      case "Create": {
        if (!own) return undefined;
        const { id, state } = await plugin.create(urn, part("properties"), request["preview"] === true);
        return id === "" ? { properties: state } : { id, properties: state };
      }
      case "Read": {
        if (!own) return undefined;
        const read = await plugin.read(urn, textOf(request["id"]) ?? "", part("properties"), part("inputs"));
        return { id: read.id, properties: read.state, inputs: read.inputs };
      }
      case "Update": {
        if (!own) return undefined;
        const message = new rpc.UpdateRequest();
        message.setUrn(urn);
        message.setId(textOf(request["id"]) ?? "");
        message.setOlds(toStruct(part("olds")));
        message.setNews(toStruct(part("news")));
        message.setOldInputs(toStruct(part("oldInputs")));
        message.setIgnorechangesList((request["ignoreChanges"] ?? []) as string[]);
        const response = await plugin.call<rpc.UpdateRequest, rpc.UpdateResponse>("update", message);
        return { properties: fromStruct(response.getProperties()) };
      }
      case "Delete":
        if (!own) return undefined;
        await plugin.delete(urn, textOf(request["id"]) ?? "", part("properties"));
        assert.equal((urn.includes("VmLegacy") ? node.qemu : node.lxc).has(Number(request["id"])), false);
        return null;
      default:
        return undefined;
    }
  }
});

/** A diff as the recordings have it: empty parts are left out. */
function recordedDiff(diff: ReturnType<typeof diffObject>): WireMap {
  const recorded: WireMap = { stables: diff.stables, changes: diff.changes ?? "", hasDetailedDiff: true };
  if (diff.diffs.length > 0) recorded["diffs"] = diff.diffs;
  if (diff.replaces.length > 0) recorded["replaces"] = diff.replaces;
  const paths = Object.entries(diff.detailed).map(([path, kind]): [string, WireMap] => [
    path,
    kind === "ADD" ? {} : { kind },
  ]);
  if (paths.length > 0) recorded["detailedDiff"] = Object.fromEntries(paths);
  return recorded;
}
