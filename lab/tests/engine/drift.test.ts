import assert from "node:assert/strict";
import { test } from "node:test";
import { WorldProject } from "./world";

test("a refresh takes drift into the state, and the next up repairs it; up --refresh does both", (t) => {
  const project = new WorldProject(t, 'thing("a"); thing("b");');
  assert.equal(project.up().status, 0);
  const { a, b } = project.stored();
  const [idA = "", idB = ""] = [a?.id, b?.id];
  project.put(idA, { name: "a", value: 9, trigger: 1 });
  project.take(idB);
  project.done();

  const planned = project.pulumi("refresh", "--preview-only");
  assert.match(planned.stdout, /^ {4}~ 1 to update\n {4}- 1 to delete$/m);
  assert.equal(project.stored()["a"]?.outputs?.["value"], 1);
  project.must("refresh", "--yes", "--skip-preview");
  assert.equal(project.stored()["a"]?.outputs?.["value"], 9);
  assert.deepEqual(Object.keys(project.stored()), ["a"]);
  assert.deepEqual(project.done(), []);

  assert.equal(project.up().status, 0);
  assert.deepEqual(project.done().sort(), ["create b", "update a"]);
  assert.deepEqual(project.get(idA), { name: "a", value: 1, trigger: 1 });

  project.put(idA, { name: "a", value: 7, trigger: 1 });
  assert.equal(project.up("--expect-no-changes").status, 0);
  assert.equal(project.up("--refresh").status, 0);
  assert.deepEqual(project.done(), ["update a"]);
  assert.deepEqual(project.get(idA), { name: "a", value: 1, trigger: 1 });
});

test("import takes what is there, then brings it to what the program describes; what is missing is refused", (t) => {
  const project = new WorldProject(t, 'thing("a", {}, { import: "here" });');
  project.put("here", { name: "a", value: 1, trigger: 1 });
  assert.equal(project.up().status, 0);
  assert.deepEqual([project.stored()["a"]?.id, project.done()], ["here", []]);
  assert.equal(project.up("--expect-no-changes").status, 0);

  project.put("other", { name: "b", value: 5, trigger: 1 });
  const both = 'thing("a", {}, { import: "here" }); thing("b", {}, { import: "other" });';
  project.things(both);
  assert.equal(project.up().status, 0);
  assert.deepEqual(project.done(), ["update b"]);
  assert.deepEqual(project.get("other"), { name: "b", value: 1, trigger: 1 });

  project.put("third", { name: "c", value: 1, trigger: 9 });
  project.things(`${both} thing("c", {}, { import: "third" });`);
  const replaced = project.up();
  assert.equal(replaced.status, 1);
  assert.match(
    replaced.stdout,
    /previously-imported resources that still specify an ID may not be replaced; please remove the `import` declaration from your program;\n +trigger: /,
  );
  assert.deepEqual(project.done(), []);

  project.things(`${both} thing("d", {}, { import: "nowhere" });`);
  const missing = project.up();
  assert.equal(missing.status, 1);
  assert.match(missing.stdout, /error: resource 'nowhere' does not exist/);
  assert.equal(project.stored()["d"], undefined);
  assert.deepEqual(project.done(), []);
});

test("a resource that is only read is known to the program, shown when asked for, and never deleted", (t) => {
  const project = new WorldProject(
    t,
    `const found = new pulumi.CustomResource("probe:index:Thing", "a", { value: undefined }, { id: "here" });
     exports.value = found.value;`,
  );
  project.put("here", { name: "a", value: 3, trigger: 1 });
  const shown = project.up("--show-reads");
  assert.equal(shown.status, 0);
  assert.match(shown.stdout, /probe:index:Thing a read/);
  assert.doesNotMatch(project.up().stdout, /probe:index:Thing a read/);
  assert.equal(project.must("stack", "output", "value"), "3\n");
  assert.equal(project.stored()["a"]?.["external"], true);
  project.must("destroy", "--yes", "--skip-preview");
  assert.deepEqual([project.done(), project.ids(), project.stored()], [[], ["here"], {}]);
});
