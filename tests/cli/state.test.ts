import assert from "node:assert/strict";
import { test } from "node:test";
import { guestsInState } from "../../cli/state";

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
