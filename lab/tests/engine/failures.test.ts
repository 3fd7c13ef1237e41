import assert from "node:assert/strict";
import { test } from "node:test";
import { TestProject } from "./project";

const CHAINS = `
const broken = config.get("broken");
for (const side of ["left", "right"]) {
  let before = [];
  for (const step of ["define", "feature", "app"]) {
    const name = side + "-" + step;
    before = [new local.Command(name, { create: name === broken ? "exit 5" : "echo " + name }, { dependsOn: before })];
  }
}
`;

test("--continue-on-error finishes what does not stand on the failure, and ends non-zero", (t) => {
  const project = new TestProject(t, CHAINS);
  project.must("stack", "init", "dev");
  project.must("config", "set", "broken", "left-feature");
  const run = project.up("--continue-on-error");
  assert.equal(run.status, 1);
  assert.deepEqual(project.names(), ["left-define", "right-app", "right-define", "right-feature"]);
  assert.match(run.stdout, /^ \+ {2}command:local:Command left-feature \*\*creating failed\*\* \(\S+\)$/m);
  assert.match(run.stdout, /^ {2}command:local:Command \(left-feature\):\n {4}error: .*exit status 5/m);
  assert.equal(run.stdout.includes("left-app"), false);
  assert.doesNotMatch(run.stdout, /failed to register|\.(js|ts):\d+/);

  project.must("config", "rm", "broken");
  assert.equal(project.up().status, 0);
  assert.equal(project.names().length, 6);
});

test("a run in which something failed keeps what stood on the failure, named or not", (t) => {
  const project = new TestProject(t, CHAINS);
  project.must("stack", "init", "dev");
  assert.equal(project.up().status, 0);
  project.program(`
    const define = new local.Command("left-define", { create: "exit 6" });
    new local.Command("left-feature", { create: "echo left-feature" }, { dependsOn: define });
  `);
  assert.equal(project.up("--continue-on-error").status, 1);
  // The SDK goes on behind a failure: what the program no longer names, and nothing failed stands under, goes.
  assert.deepEqual(project.names(), ["left-app", "left-define", "left-feature"]);
});

test("what a resource stands on stays while that one's own deletion fails", (t) => {
  const project = new TestProject(
    t,
    `const base = new local.Command("base", { create: "echo base" });
    new local.Command("top", { create: "echo top", delete: "exit 7" }, { dependsOn: base });
    new local.Command("other", { create: "echo other" });`,
  );
  project.must("stack", "init", "dev");
  assert.equal(project.up().status, 0);
  project.program("");
  assert.equal(project.up("--continue-on-error").status, 1);
  assert.deepEqual(project.names(), ["base", "top"]);
});

test("a program's own error is shown without the engine's, and deletes nothing", (t) => {
  const project = new TestProject(t, CHAINS);
  project.must("stack", "init", "dev");
  assert.equal(project.up().status, 0);
  project.program('throw new pulumi.RunError("two containers have the same CTID");');
  const run = project.up();
  assert.equal(run.status, 1);
  assert.match(run.stdout, /^ {4}error: two containers have the same CTID$/m);
  assert.doesNotMatch(run.stdout, /\.(js|ts):\d+/);
  assert.equal(project.names().length, 6);
});

test("a plugin that cannot be found is one clear error", (t) => {
  const project = new TestProject(t, 'new pulumi.ProviderResource("nosuch", "p", {});');
  project.must("stack", "init", "dev");
  const run = project.up();
  assert.equal(run.status, 1);
  assert.match(
    run.stdout,
    /error: no resource plugin 'pulumi-resource-nosuch' found in the workspace or on your \$PATH, install the plugin using `pulumi plugin install resource nosuch`/,
  );
});

test("unknown commands and flags are refused by name", (t) => {
  const project = new TestProject(t, "");
  const cases: [string[], string][] = [
    [["frobnicate"], 'error: unknown command "frobnicate" for "pulumi"\n'],
    [["stack", "graph"], 'error: unknown command "graph" for "pulumi stack"\n'],
    [["up", "--frob"], "error: unknown flag: --frob\n"],
    [["preview", "-q"], "error: unknown shorthand flag: 'q' in -q\n"],
    [["preview", "--yes"], "error: unknown flag: --yes\n"],
  ];
  for (const [args, message] of cases) {
    const run = project.pulumi(...args);
    assert.equal(run.status, 1, args.join(" "));
    assert.ok(run.stderr.includes(message), `${args.join(" ")}: ${run.stderr}`);
  }
});

test("without --yes nothing is changed where nobody can be asked", (t) => {
  const project = new TestProject(t, CHAINS);
  project.must("stack", "init", "dev");
  const run = project.pulumi("up");
  assert.equal(run.status, 2);
  assert.equal(
    run.stderr,
    "error: --yes or --skip-preview or --preview-only must be passed in to proceed when running in non-interactive mode\n",
  );
});
