import assert from "node:assert/strict";
import { test } from "node:test";
import { WorldProject } from "./world";

const URN = "urn:pulumi:dev::demo::probe:index:Thing::";

test("--exclude leaves a resource as it is, --replace makes one anew", (t) => {
  const project = new WorldProject(t, 'thing("a"); thing("b");');
  assert.equal(project.up().status, 0);
  project.done();
  project.things('thing("a", { value: 2 }); thing("b", { value: 2 });');
  assert.equal(project.up("--exclude", "**::b").status, 0);
  assert.deepEqual(project.done(), ["update a"]);
  assert.equal(project.up("--replace", `${URN}a`).status, 0);
  assert.deepEqual(project.done().sort(), ["create a", "delete a", "update b"]);
  const both = project.up("--target", `${URN}a`, "--exclude", `${URN}b`);
  assert.deepEqual(
    [both.status, both.stderr],
    [
      1,
      "error: if any flags in the group [target exclude] are set none of the others can be; [exclude target] were all set\n",
    ],
  );
});

test("customTimeouts reach the plugin, in seconds", (t) => {
  const options = '{ customTimeouts: { create: "1m30s", update: "2m", delete: "1h" } }';
  const project = new WorldProject(t, `thing("a", {}, ${options});`);
  assert.equal(project.up().status, 0);
  project.things(`thing("a", { value: 2 }, ${options});`);
  assert.equal(project.up().status, 0);
  project.must("destroy", "--yes", "--skip-preview");
  assert.deepEqual(project.done(), [
    ...["timeout create a 90", "create a"],
    ...["timeout update a 120", "update a"],
    ...["timeout delete a 3600", "delete a"],
  ]);
});

test("an alias keeps a renamed resource; replaceOnChanges turns any update into a replacement", (t) => {
  const project = new WorldProject(t, 'thing("a"); thing("child", {}, { parent: thing("parent") });');
  assert.equal(project.up().status, 0);
  const before = project.stored();
  project.done();
  const family = `
    thing("child", {}, { parent: thing("mother", { name: "parent" }, { aliases: [{ name: "parent" }] }) });
  `;
  project.things(`thing("b", { name: "a" }, { aliases: [{ name: "a" }] }); ${family}`);
  assert.equal(project.up("--expect-no-changes").status, 0);
  assert.deepEqual(project.done(), []);
  const after = project.stored();
  assert.deepEqual(Object.keys(after).sort(), ["b", "child", "mother"]);
  assert.deepEqual(
    [after["b"]?.id, after["mother"]?.id, after["child"]?.id, after["child"]?.["parent"]],
    [before["a"]?.id, before["parent"]?.id, before["child"]?.id, after["mother"]?.urn],
  );

  project.things(`thing("b", { name: "a", value: 2 }, { replaceOnChanges: ["*"] }); ${family}`);
  const planned = project.pulumi("preview", "--show-replacement-steps");
  assert.match(planned.stdout, /^ \+\+ probe:index:Thing b create replacement/m);
  assert.equal(project.up().status, 0);
  assert.deepEqual(project.done(), ["create a", "delete a"]);
});
