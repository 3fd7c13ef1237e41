import assert from "node:assert/strict";
import { test } from "node:test";
import { dataLostByDestroy, guestsInState } from "../../cli/state";

const urn = (type: string, name: string) => `urn:pulumi:dev::phoenix::${type}::${name}`;

test("the guests of a state are its defining resources, by CTID, with the names of the last complete up", () => {
  const resources = [
    {
      type: "pulumi:pulumi:Stack",
      urn: urn("pulumi:pulumi:Stack", "phoenix-dev"),
      outputs: { containers: { 900: { name: "base" } } },
    },
    { type: "command:remote:Command", urn: urn("command:remote:Command", "ct-1000-define") },
    { type: "phoenix:container:Container", urn: urn("phoenix:container:Container", "ct-901") },
    { type: "command:remote:Command", urn: urn("command:remote:Command", "ct-901-configure") },
    { type: "proxmoxve:x:ContainerLegacy", urn: urn("proxmoxve:x:ContainerLegacy", "ct-900-define") },
  ];
  assert.deepEqual(guestsInState(JSON.stringify({ deployment: { resources } })), ["CT 900 base", "CT 1000"]);
});

test("an empty stack has no guests", () => {
  assert.deepEqual(guestsInState('{"version":3,"deployment":{"resources":null}}'), []);
  assert.deepEqual(guestsInState('{"version":3}'), []);
});

test("of pools, datasets and volumes those with destroy_on_teardown are told", () => {
  const command = (name: string, settings: object, remove?: string) => ({
    type: "command:remote:Command",
    urn: urn("command:remote:Command", name),
    inputs: { stdin: JSON.stringify(settings), ...(remove && { delete: remove }) },
  });
  const resources = [
    command("host-zfs-pool-tank", { name: "tank" }),
    command("host-zfs-pool-scratch", { name: "scratch" }, "zpool destroy"),
    command("host-zfs-dataset-tank-tmp-a", { name: "tank/tmp-a" }, "zfs destroy"),
    command("host-zfs-dataset-tank-data", { name: "tank/data" }),
    command("host-zfs-storage-tank-tmp", { id: "tank-tmp" }, "pvesm remove"),
    command("ct-912-mounts", {
      mounts: [{ name: "cache", destroyOnTeardown: true }, { name: "data" }, { source: "/tank/x" }],
    }),
  ];
  assert.deepEqual(dataLostByDestroy(JSON.stringify({ deployment: { resources } })), [
    "pool scratch",
    "dataset tank/tmp-a",
    "volume cache of CT 912",
  ]);
});
