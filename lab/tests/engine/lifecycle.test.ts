import assert from "node:assert/strict";
import { statSync } from "node:fs";
import { test } from "node:test";
import { WorldProject } from "./world";

test("deletedWith leaves the deletion to the other's, retainOnDelete to nobody", (t) => {
  const project = new WorldProject(
    t,
    `const host = thing("host");
     thing("part", {}, { deletedWith: host });
     thing("alone", {}, { deletedWith: host });
     thing("kept", {}, { retainOnDelete: true });`,
  );
  assert.equal(project.up().status, 0);
  project.done();
  project.things(
    'const host = thing("host"); thing("part", {}, { deletedWith: host }); thing("kept", {}, { retainOnDelete: true });',
  );
  assert.equal(project.up().status, 0);
  assert.deepEqual(project.done(), ["delete alone"]);
  project.must("destroy", "--yes", "--skip-preview");
  assert.deepEqual(project.done(), ["delete host"]);
  assert.deepEqual([project.ids().map((id) => id.split("-")[0]), project.stored()], [["kept", "part"], {}]);
});

test("deleteBeforeReplace takes down first what would be replaced with it; replaceWith follows a replacement", (t) => {
  const program = (trigger: number): string => `
    const base = thing("base", { trigger: ${trigger} }, { deleteBeforeReplace: true });
    const user = thing("user", { trigger: base.trigger }, { dependsOn: base });
    thing("reader", { value: base.trigger }, { dependsOn: user });
    thing("bound", {}, { dependsOn: base, replaceWith: [base] });
  `;
  const project = new WorldProject(t, program(1));
  assert.equal(project.up().status, 0);
  project.done();
  project.things(program(2));
  assert.equal(project.up().status, 0);
  const log = project.done();
  const at = (line: string): number => log.indexOf(line);
  assert.deepEqual([...log].sort(), [
    ...["create base", "create bound", "create user"],
    ...["delete base", "delete bound", "delete user"],
    "update reader",
  ]);
  assert.ok(at("delete user") < at("delete base") && at("delete bound") < at("delete base"), log.join());
  assert.ok(at("delete base") < at("create base") && at("create base") < at("create user"), log.join());
  assert.ok(at("create user") < at("update reader"), log.join());
  assert.equal(project.up("--expect-no-changes").status, 0);
});

test("the default order makes the new one, moves what stands on it, then deletes the old one", (t) => {
  const program = (trigger: number): string => `
    const base = thing("base", { trigger: ${trigger} });
    thing("user", { value: base.trigger }, { dependsOn: base });
  `;
  const project = new WorldProject(t, program(1));
  assert.equal(project.up().status, 0);
  project.done();
  project.things(program(2));
  assert.equal(project.up().status, 0);
  assert.deepEqual(project.done(), ["create base", "update user", "delete base"]);
});

test("an update without a change writes no state, right after the creation too", (t) => {
  const project = new WorldProject(t, 'thing("a", { value: 1 }); thing("b", { value: 2 });');
  assert.equal(project.up().status, 0);
  const state = project.path("state/.pulumi/stacks/demo/dev.json");
  const { ino } = statSync(state);
  assert.equal(project.up().status, 0);
  assert.equal(statSync(state).ino, ino);
});

test("ignoreChanges leaves a property alone, in the plan as well", (t) => {
  const project = new WorldProject(t, 'thing("a", { value: 1 }, { ignoreChanges: ["value"] });');
  assert.equal(project.up().status, 0);
  project.done();
  project.things('thing("a", { value: 2 }, { ignoreChanges: ["value"] });');
  const planned = JSON.parse(project.must("preview", "--json")) as { changeSummary: object };
  assert.deepEqual(planned.changeSummary, { same: 2 });
  assert.equal(project.up("--expect-no-changes").status, 0);
  assert.deepEqual([project.done(), project.stored()["a"]?.inputs?.["value"]], [[], 1]);
});

test("additionalSecretOutputs are secret wherever they are shown", (t) => {
  const project = new WorldProject(
    t,
    'exports.open = thing("a", { value: 4711 }).value; exports.shut = thing("b", { value: 4712 }, { additionalSecretOutputs: ["value"] }).value;',
  );
  const run = project.up("--diff");
  assert.equal(run.status, 0, run.stdout + run.stderr);
  assert.equal(project.must("stack", "output", "open"), "4711\n");
  assert.equal(project.must("stack", "output", "shut"), "[secret]\n");
  assert.equal(project.must("stack", "output", "shut", "--show-secrets"), "4712\n");
  assert.deepEqual(Object.keys(project.stored()["b"]?.outputs?.["value"] as object).sort(), [
    "4dabf18193072939515e22adb298388d",
    "ciphertext",
  ]);
});

test("a resource goes through the provider that is named for it; both kinds are in the state", (t) => {
  const project = new WorldProject(
    t,
    `class Probe extends pulumi.ProviderResource { constructor(name, inputs) { super("probe", name, inputs); } }
     const own = new Probe("own", { region: "here" });
     thing("a", {}, { provider: own });
     thing("b");`,
  );
  assert.equal(project.up().status, 0);
  const { a, b } = project.stored();
  const providers = project.state().resources.filter((r) => r.type === "pulumi:providers:probe");
  assert.deepEqual(providers.map((r) => r.urn.split("::").at(-1)).sort(), ["default", "own"]);
  const named = (r: typeof a): string => String(r?.["provider"]).split("::").at(-2) ?? "";
  assert.deepEqual([named(a), named(b)], ["own", "default"]);
  assert.equal(project.up("--expect-no-changes").status, 0);
  project.must("destroy", "--yes", "--skip-preview");
  assert.deepEqual(project.stored(), {});
});

test("an invoke answers the program; a failure of it is the program's error", (t) => {
  const project = new WorldProject(
    t,
    'exports.said = pulumi.output(pulumi.runtime.invoke("probe:index:echo", { text: "hello" })).apply((r) => r.text);',
  );
  assert.equal(project.up().status, 0);
  assert.equal(project.must("stack", "output", "said"), "hello\n");
  project.things('pulumi.runtime.invoke("probe:index:nothing", {});');
  const run = project.up();
  assert.equal(run.status, 1);
  assert.match(run.stdout, /the probe has no function probe:index:nothing/);
});
