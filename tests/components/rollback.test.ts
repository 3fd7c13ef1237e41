import assert from "node:assert/strict";
import { test } from "node:test";
import type { ContainerSpec } from "../../config";
import { followsReplacementOf, recordProgram, settingsOf, waitsFor } from "./recorder";
import { registerContainer } from "./register";
import { containerSpec } from "./specs";

/** The program of one container with a template's snapshot and a hook. */
const program = (over: Partial<ContainerSpec> = {}, hook = "echo hook\n") =>
  recordProgram(() => {
    const spec = containerSpec({ templateSnapshot: "ready", rollbackOnFailure: true, ...over });
    const incarnation = "phoenix-test+1";
    registerContainer(spec, { incarnation, hook: { name: "h", script: { script: hook } } });
  });

test("the savepoint comes before all steps of a container, its end after them", async () => {
  const { find, names } = await program();
  const order = [
    "define",
    "savepoint",
    "configure",
    "mounts",
    "start",
    "idmap",
    "snapshot",
    "hook",
    "commit",
  ];
  for (const [index, step] of order.entries()) {
    if (index === 0) continue;
    assert.deepEqual(waitsFor(find(`ct-900-${step}`)), [`ct-900-${order[index - 1]}`]);
    assert.deepEqual(followsReplacementOf(find(`ct-900-${step}`)), ["ct-900-define"]);
  }
  assert.deepEqual(settingsOf(find("ct-900-commit")), {
    ctid: 900,
    tag: "phoenix-test",
    incarnation: "phoenix-test+1",
    // What the savepoint's step said: with a new savepoint it runs again.
    savepoint: "",
  });
  assert.match(String(find("ct-900-savepoint").inputs.delete), /drop_savepoint/);
  const off = await program({ rollbackOnFailure: undefined });
  assert.deepEqual(
    names.filter((name) => !off.names.includes(name)),
    ["ct-900-commit", "ct-900-savepoint"],
  );
});

test("without rollback_on_failure every other step is the same: to switch it runs none of them again", async () => {
  const [on, off] = [await program(), await program({ rollbackOnFailure: undefined })];
  for (const name of off.names.filter((name) => /^ct-900-/.test(name))) {
    assert.deepEqual(on.find(name).inputs, off.find(name).inputs, name);
  }
});

test("the savepoint runs whenever one of the steps has to, and only then", async () => {
  const steps = async (...args: Parameters<typeof program>) => {
    const { find } = await program(...args);
    return (settingsOf(find("ct-900-savepoint")) as { steps: string }).steps;
  };
  const now = await steps();
  assert.match(now, /^[0-9a-f]{16}$/);
  assert.equal(await steps(), now);
  assert.notEqual(await steps({ memoryMb: 4096 }), now, "the first step");
  assert.notEqual(await steps({ templateSnapshot: "other" }), now, "one in between");
  assert.notEqual(await steps({}, "echo other\n"), now, "the last one");
});
