import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { TestProject, type Outcome } from "./project";

const FIXTURE = join(__dirname, "fixtures", "pulumi-3.259");
const PROGRAM = `
const user = new local.Command("user", { create: "cat", stdin: config.requireSecret("password") }, { additionalSecretOutputs: ["stdout"] });
exports.echoed = user.stdout;
exports.list = config.requireSecretObject("nested").keys;
`;

/** A stack that the real engine made. */
function recorded(t: TestContext): TestProject {
  const project = new TestProject(t, PROGRAM);
  project.environment["PULUMI_CONFIG_PASSPHRASE"] = "correct horse";
  const stacks = project.path("state/.pulumi/stacks/demo");
  mkdirSync(stacks, { recursive: true });
  copyFileSync(join(FIXTURE, "dev.json"), join(stacks, "dev.json"));
  copyFileSync(join(FIXTURE, "Pulumi.dev.yaml"), project.path("Pulumi.dev.yaml"));
  project.must("stack", "select", "dev");
  return project;
}

test("a stack that Pulumi encrypted opens, goes on without a change, and keeps its salt", (t) => {
  const project = recorded(t);
  const before = project.read("Pulumi.dev.yaml");
  assert.equal(project.must("config", "get", "password"), "battery staple\n");
  assert.equal(project.must("config", "get", "--path", "nested.keys[0]"), "k0\n");
  assert.deepEqual(JSON.parse(project.must("stack", "output", "--json", "--show-secrets")), {
    echoed: "battery staple",
    list: ["k0"],
  });
  const run = project.up("--expect-no-changes");
  assert.equal(run.status, 0, run.stdout + run.stderr);
  assert.equal(project.read("Pulumi.dev.yaml"), before);
  const { secrets_providers } = deploymentOf(project);
  assert.ok(before.startsWith(`encryptionsalt: ${secrets_providers.state.salt}\n`));
});

test("with a wrong passphrase it stays closed, and nothing runs", (t) => {
  const project = recorded(t);
  project.environment["PULUMI_CONFIG_PASSPHRASE"] = "wrong";
  const before = project.read("state/.pulumi/stacks/demo/dev.json");
  const refused = [
    ["config", "get", "password"],
    ["stack", "output", "--show-secrets"],
    ["up", "--yes", "--skip-preview"],
    ["destroy", "--yes", "--skip-preview"],
  ].map((args) => project.pulumi(...args));
  for (const run of refused) assert.match(run.stderr, /^error: .*incorrect passphrase$/m);
  assert.deepEqual(
    refused.map((run) => [run.status, run.stdout]),
    refused.map(() => [1, ""]),
  );
  assert.equal(project.read("state/.pulumi/stacks/demo/dev.json"), before);
});

test("a state carries the seal without which Pulumi refuses it, and the selection stands where Pulumi looks", (t) => {
  const project = recorded(t);
  project.must("config", "set", "--secret", "password", "another");
  assert.equal(project.up().status, 0);
  const { manifest } = deploymentOf(project);
  assert.equal(manifest.magic, createHash("sha256").update(manifest.version).digest("hex"));
  const file = join(project.folder, "Pulumi.yaml");
  const name = `demo-${createHash("sha1").update(file).digest("hex")}-workspace.json`;
  assert.deepEqual(JSON.parse(project.read(`home/workspaces/${name}`)), {
    stacks: { [project.environment["PULUMI_BACKEND_URL"] ?? ""]: "organization/demo/dev" },
  });
});

const other = process.env["ENGINE_OTHER"];

test(
  "a stack goes from one engine to the other and back, at every step without a change",
  { skip: other ? false : "ENGINE_OTHER names no second engine" },
  (t) => {
    const project = recorded(t);
    const run = (engine: string, ...args: string[]): Outcome =>
      spawnSync(engine, args, { cwd: project.folder, env: project.environment, encoding: "utf8" });
    const up = ["up", "--yes", "--skip-preview", "--expect-no-changes"];
    for (const word of ["first", "second"]) {
      project.must("config", "set", "--secret", "password", word);
      assert.equal(project.up().status, 0);
      const theirs = run(other ?? "", ...up);
      assert.equal(theirs.status, 0, theirs.stdout + theirs.stderr);
      assert.equal(run(other ?? "", "stack", "output", "echoed", "--show-secrets").stdout, `${word}\n`);
      const ours = project.up("--expect-no-changes");
      assert.equal(ours.status, 0, ours.stdout + ours.stderr);
    }
  },
);

interface Written {
  manifest: { magic: string; version: string };
  secrets_providers: { state: { salt: string } };
}

function deploymentOf(project: TestProject): Written {
  const file = JSON.parse(project.read("state/.pulumi/stacks/demo/dev.json")) as {
    checkpoint: { latest: Written };
  };
  return file.checkpoint.latest;
}
