import assert from "node:assert/strict";
import { test } from "node:test";
import {
  dataLostByDestroy,
  dependantsOf,
  guestsInState,
  guestStep,
  guestTitle,
  urnsOf,
} from "../../cli/state";

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
  const guests = guestsInState(JSON.stringify({ deployment: { resources } }));
  assert.deepEqual(guests.map(guestTitle), ["CT 900 base", "CT 1000"]);
  assert.deepEqual(guests[0], {
    kind: "CT",
    id: 900,
    name: "base",
    resource: "ct-900",
    urn: urn("proxmoxve:x:ContainerLegacy", "ct-900-define"),
    leftAsAdopted: true,
    protected: false,
    template: false,
  });
});

test("a guest knows whether it is protected, who stands on it, and its steps' scripts", () => {
  const command = (name: string, settings: object, dependencies: string[] = []) => ({
    type: "command:remote:Command",
    urn: urn("command:remote:Command", name),
    dependencies: dependencies.map((other) => urn("command:remote:Command", other)),
    inputs: { create: `run ${name}`, stdin: JSON.stringify(settings) },
  });
  const resources = [
    command("ct-90-define", {}),
    command("ct-900-define", {}, ["host-prepare"]),
    command("ct-900-configure", { protect: true, values: { hostname: "base" } }, ["ct-900-define"]),
    command("ct-900-snapshot", {}, ["ct-900-configure"]),
    command("ct-901-define", {}, ["ct-900-snapshot"]),
    command("vm-9000-define", {}, ["ct-901-define"]),
    command("vm-9000-power", { state: "stopped" }, ["vm-9000-define"]),
    command("vm-9001-define", {}),
    command("vm-9001-template", {}, ["vm-9001-define"]),
  ];
  const exported = JSON.stringify({ deployment: { resources } });
  const guests = guestsInState(exported);
  assert.deepEqual(
    guests.map((guest) => [
      guestTitle(guest),
      guest.protected,
      guest.template,
      dependantsOf(exported, guest).map(guestTitle),
    ]),
    [
      ["CT 90", false, false, []],
      ["CT 900 base", true, false, ["CT 901"]],
      ["CT 901", false, false, ["VM 9000"]],
      ["VM 9000", false, false, []],
      ["VM 9001", false, true, []],
    ],
  );
  assert.deepEqual(guestStep(exported, guests[3]!, "power"), {
    script: "run vm-9000-power",
    stdin: '{"state":"stopped"}',
  });
  assert.equal(guestStep(exported, guests[1]!, "power"), undefined);
});

test("a machine that is called by its name has its VMID from the provider, and only its own steps", () => {
  const names = ["vm-web", "vm-web-define", "vm-web-power", "vm-web-2", "vm-web-2-define", "vm-web-2-power"];
  const vmIds: Record<string, number> = { "vm-web-define": 9001, "vm-web-2-define": 9000 };
  const resources = names.map((name) => ({
    type: "t",
    urn: urn("t", name),
    outputs: name in vmIds ? { vmId: vmIds[name], name: name.slice(3, -7) } : {},
  }));
  const exported = JSON.stringify({ deployment: { resources } });
  const guests = guestsInState(exported);
  assert.deepEqual(guests.map(guestTitle), ["VM 9000 web-2", "VM 9001 web"]);
  assert.deepEqual(
    guests.map((guest) => urnsOf(exported, guest)),
    [names.slice(3), names.slice(0, 3)].map((own) => own.map((name) => urn("t", name))),
  );
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
