import assert from "node:assert/strict";
import { test } from "node:test";
import { WorldProject } from "./world";

const URN = "urn:pulumi:dev::demo::probe:index:Thing::";
const CHAIN = (value: number): string => `
  const a = thing("a", { value: ${value} });
  const b = thing("b", { value: ${value} }, { dependsOn: a });
  const c = thing("c", { value: ${value} }, { dependsOn: b });
  thing("side", { value: ${value} });
`;

test("--target-dependents takes along what stands on the targets, by wildcard too", (t) => {
  const project = new WorldProject(t, CHAIN(1));
  assert.equal(project.up().status, 0);
  project.done();
  project.things(CHAIN(2));
  assert.equal(project.up("--target", "**::b", "--target-dependents").status, 0);
  assert.deepEqual(project.done(), ["update b", "update c"]);
  assert.equal(project.up("--exclude", `${URN}a`, "--exclude", "**::nothing-*").status, 0);
  assert.deepEqual(project.done(), ["update side"]);
  project.things(CHAIN(3));
  assert.equal(project.up("--exclude", `${URN}b`, "--exclude-dependents").status, 0);
  assert.deepEqual(project.done().sort(), ["update a", "update side"]);
});

test("what is aimed at may not stand on what is not there and is not aimed at", (t) => {
  const project = new WorldProject(t, CHAIN(1));
  const run = project.up("--target", `${URN}b`);
  assert.equal(run.status, 1);
  assert.ok(
    run.stdout.includes(
      `error: Resource '${URN}b' depends on '${URN}a' which was was not specified in --target list.`,
    ),
    run.stdout,
  );
  assert.deepEqual([project.done(), project.stored()], [[], {}]);
  assert.equal(project.up("--target", `${URN}a`, "--target", `${URN}b`).status, 0);
  assert.deepEqual(project.done(), ["create a", "create b"]);
});

test("a target that nobody knows is named before anything runs", (t) => {
  const project = new WorldProject(t, CHAIN(1));
  assert.equal(project.up().status, 0);
  project.done();
  for (const command of ["destroy", "refresh"]) {
    const run = project.pulumi(command, "--yes", "--skip-preview", "--target", `${URN}x`);
    assert.deepEqual([run.status, run.stderr], [1, `error: no resource named '${URN}x' found\n`], command);
  }
  const replaced = project.up("--replace", `${URN}x`);
  assert.equal(replaced.status, 1);
  assert.match(replaced.stdout, /error: Target '\S+::x' could not be found in the stack/);
  assert.deepEqual(project.done(), []);
});

test("destroy takes only its targets, refuses to leave what stands on them, and takes that along when told", (t) => {
  const project = new WorldProject(t, CHAIN(1));
  assert.equal(project.up().status, 0);
  project.done();
  const refused = project.pulumi("destroy", "--yes", "--skip-preview", "--target", `${URN}b`);
  assert.equal(refused.status, 1);
  assert.match(
    refused.stdout,
    /error: Resource '\S+::c' will be destroyed but was not specified in --target/,
  );
  assert.deepEqual(project.done(), []);
  project.must("destroy", "--yes", "--skip-preview", "--target", `${URN}b`, "--target-dependents");
  assert.deepEqual(project.done(), ["delete c", "delete b"]);
  assert.deepEqual(Object.keys(project.stored()).sort(), ["a", "side"]);
  project.must("destroy", "--yes", "--skip-preview", "--exclude", `${URN}side`);
  assert.deepEqual(project.done(), ["delete a"]);
});

test("what the program forgot stays in front of what still stands on it, when neither is aimed at", (t) => {
  const project = new WorldProject(t, CHAIN(1));
  assert.equal(project.up().status, 0);
  project.done();
  project.things('thing("b"); thing("c"); thing("side", { value: 2 });');
  assert.equal(project.up("--target", "**::side").status, 0);
  assert.deepEqual(project.done(), ["update side"]);
  const order = project.state().resources.map((r) => r.urn);
  assert.ok(order.indexOf(`${URN}a`) < order.indexOf(`${URN}b`), order.join("\n"));
  assert.equal(project.up().status, 0);
  assert.deepEqual(project.done(), ["delete a"]);
});
