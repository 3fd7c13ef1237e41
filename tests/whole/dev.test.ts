import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { LabStack } from "../helpers/lab";
import { killFamily } from "../helpers/processes";
import { Project } from "../helpers/project";
import { latestLog, stepsOf } from "../helpers/steps";

const stack = new LabStack(new Project(), "dev");
const project = stack.project;
before(async () => {
  const started = await stack.lab("start");
  assert.equal(started.code, 0, started.stderr);
});
after(() => stack.stop());

/** Waits for a condition, 60 s at most. */
async function until(condition: () => boolean, what: string): Promise<void> {
  for (const end = Date.now() + 60_000; !condition();) {
    if (Date.now() > end) throw new Error(`no ${what} within 60 s`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

test("after the engine is killed in the middle of an up, the next up goes on and fails at nothing", async () => {
  const { child, finished } = project.start(project.path("bin", "phoenix"), [
    ...["up", "--stack", "dev", "--engine", "lab", "--yes"],
  ]);
  let said = "";
  child.stdout.on("data", (data: Buffer) => (said += data.toString()));
  await until(() => /ct-900-configure .*(creating|created)/.test(said), "step ct-900-configure");
  // The command line, the engine, the program and the plugins, all without a word.
  killFamily(child.pid as number);
  await finished;
  assert.doesNotMatch(said, /ct-912-define/);
});

test("a container that is not ours under a wanted CTID is refused by name and left untouched", async () => {
  const template = "bulk-library:vztmpl/ubuntu-24.04-standard_24.04-2_amd64.tar.zst";
  await stack.host(
    "pct",
    "create",
    "911",
    template,
    "--hostname",
    "somebody-else",
    "--rootfs",
    "tank-guests:1",
  );
  const before = await stack.host("pct", "config", "911");

  const { code, stdout, stderr } = await stack.phoenix("up", "--yes");
  assert.notEqual(code, 0);
  assert.match(stdout + stderr, /CT 911[^\n]*somebody-else/);
  assert.equal(await stack.host("pct", "config", "911"), before);

  const steps = stepsOf(latestLog(project, "dev", "up"));
  assert.equal(steps.get("ct-911-configure"), undefined);
  assert.equal(steps.get("ct-912-define"), undefined, "912 depends on 911");
  assert.equal((await stack.guests())["910"], "running");

  await stack.host("pct", "destroy", "911");
});

test("with it gone, up converges; once more nothing changes and the host is only looked at; with phoenix:drift off, not even that", async () => {
  await stack.done("up", "--yes");
  const guests = await stack.guests();
  assert.deepEqual(Object.keys(guests), ["900", "901", "902", "910", "911", "912"]);
  assert.deepEqual([guests["910"], guests["911"], guests["912"]], ["running", "running", "running"]);
  assert.equal((await stack.lab("stats", "--reset")).code, 0);
  await stack.done("up", "--yes", "--expect-no-changes");
  const { stdout } = await stack.lab("stats", "--json");
  assert.equal((JSON.parse(stdout) as { sshConnections: number }).sshConnections, 1);
  assert.deepEqual(JSON.parse(stdout), await stack.stats());
  await stack.resetStats();
  await stack.done("up", "--yes", "--expect-no-changes", "--no-drift");
  assert.equal((await stack.stats()).sshConnections, 0);
});

test("plain pulumi goes to the lab with the variables of `phoenix lab env`, and sees no change", async () => {
  const { stdout } = await stack.lab("env", "--json");
  const variables = JSON.parse(stdout) as Record<string, string>;
  const preview = await project.start(
    project.path("lab", "bin", "pulumi"),
    ["preview", "--stack", "dev", "--expect-no-changes", "--non-interactive"],
    variables,
  ).finished;
  assert.equal(preview.code, 0, preview.stdout + preview.stderr);
});

test("output gives what the program exports", async () => {
  const { containers, node } = JSON.parse(await stack.done("output", "--json")) as {
    containers: Record<string, { name: string; address: string }>;
    node: string;
  };
  assert.equal(node, "phoenix");
  assert.deepEqual(containers["910"], { name: "gateway", address: "10.0.0.210/24" });
});

test("neither the API's password nor the private key stands in the state, the logs or the stack's file", async () => {
  const { stdout } = await stack.lab("info", "--json");
  const { api, ssh } = JSON.parse(stdout) as { api: { password: string }; ssh: { privateKeyFile: string } };
  const key = readFileSync(ssh.privateKeyFile, "utf8").split("\n")[1] as string;
  const places = [project.path(".phoenix"), project.path("Pulumi.dev.yaml")];
  for (const secret of [api.password, key]) {
    assert.throws(() => execFileSync("grep", ["-rlF", "--", secret, ...places]), { status: 1 });
  }
});

test("lab reset empties machine and state together: the next preview makes everything anew", async () => {
  assert.equal((await stack.lab("reset")).code, 0);
  const { changeSummary } = JSON.parse(await stack.done("preview", "--json")) as { changeSummary: object };
  assert.deepEqual(Object.keys(changeSummary), ["create"]);
});
