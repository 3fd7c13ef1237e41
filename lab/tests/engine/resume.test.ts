import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { test } from "node:test";
import { TestProject } from "./project";

/** One after the other, each leaving a line in `done`. */
const CHAIN = `
let before = [];
for (const name of ["one", "two", "three"]) {
  const create = \`sleep 0.4; echo \${name} >> \${process.cwd()}/done; echo \${name}\`;
  before = [new local.Command(name, { create, delete: \`echo -\${name} >> \${process.cwd()}/done\` }, { dependsOn: before })];
}
`;

async function until(condition: () => boolean): Promise<void> {
  const end = Date.now() + 30_000;
  while (!condition()) {
    if (Date.now() > end) throw new Error("waited 30 s in vain");
    await sleep(20);
  }
}

function locks(project: TestProject): string[] {
  const dir = project.path("state/.pulumi/locks/organization/demo/dev");
  return existsSync(dir) ? readdirSync(dir) : [];
}

test("after SIGKILL in the middle, the next up says what was interrupted and converges", async (t) => {
  const project = new TestProject(t, CHAIN);
  project.must("stack", "init", "dev");
  const child = project.start("up", "--yes", "--skip-preview");
  await until(() => existsSync(project.path("done")));
  // The first is reported, the second under way.
  const state = (): string => project.read("state/.pulumi/stacks/demo/dev.json");
  await until(() => state().includes('"type":"creating"') && state().includes('"stdout":"one"'));
  child.kill("SIGKILL");
  await new Promise((resolve) => child.on("close", resolve));
  assert.equal(locks(project).length, 1);
  assert.deepEqual(project.names(), ["one"]);

  const again = project.up();
  assert.equal(again.status, 0, again.stdout + again.stderr);
  assert.match(
    again.stderr,
    /^warning: taking over the lock of \S+ \(pid \d+\) at \S+: that process is gone$/m,
  );
  assert.match(
    again.stdout,
    /warning: Attempting to deploy or update resources with 1 pending operations from previous deployment\.\n\s+\* urn:pulumi:dev::demo::command:local:Command::two, interrupted while creating\n/,
  );
  assert.deepEqual(project.names(), ["one", "three", "two"]);
  assert.deepEqual(project.state().pending, []);
  assert.deepEqual(locks(project), []);
  const quiet = project.up("--expect-no-changes");
  assert.equal(quiet.status, 0, quiet.stdout + quiet.stderr);
});

/** What the state says is under way, as it stands on disk. */
function pendingOf(project: TestProject): string[] {
  const file = JSON.parse(project.read("state/.pulumi/stacks/demo/dev.json")) as {
    checkpoint: { latest: { pending_operations?: { type: string; resource: { urn: string } }[] } };
  };
  const pending = file.checkpoint.latest.pending_operations ?? [];
  return pending.map((o) => `${o.type} ${o.resource.urn.split("::").at(-1)}`);
}

/** Processes that work in the project's folder: its program and plugins. */
function processesIn(folder: string): string[] {
  return readdirSync("/proc")
    .filter((pid) => /^\d+$/.test(pid))
    .filter((pid) => {
      try {
        return readlinkSync(`/proc/${pid}/cwd`) === folder;
      } catch {
        return false;
      }
    });
}

test("killed at any moment, it leaves no process behind, and the next up converges with every reported id", async (t) => {
  const project = new TestProject(t, CHAIN.replace("sleep 0.4", "sleep 0.2"));
  project.must("stack", "init", "dev");
  const times = Number(process.env["ENGINE_KILLS"] ?? 4);
  const started = Date.now();
  assert.equal(project.up().status, 0);
  const whole = Date.now() - started;
  project.must("destroy", "--yes", "--skip-preview");
  for (let i = 0; i < times; i++) {
    const child = project.start("up", "--yes", "--skip-preview");
    const closed = new Promise((resolve) => child.on("close", resolve));
    const moment = Math.floor(Math.random() * whole);
    t.diagnostic(`killed after ${moment} ms of ${whole}`);
    await sleep(moment);
    child.kill("SIGKILL");
    await closed;
    await until(() => processesIn(project.folder).length === 0);
    const ids = project.state().resources.map((r) => r.id);
    const again = project.up();
    assert.equal(again.status, 0, again.stdout + again.stderr);
    const after = project.state().resources.map((r) => r.id);
    assert.deepEqual(
      ids.filter((id) => !after.includes(id)),
      [],
    );
    assert.deepEqual(project.names(), ["one", "three", "two"]);
    project.must("destroy", "--yes", "--skip-preview");
  }
});

test("SIGINT lets what runs finish and begins nothing more", async (t) => {
  const project = new TestProject(t, CHAIN);
  project.must("stack", "init", "dev");
  const child = project.start("up", "--yes", "--skip-preview");
  const status = new Promise((resolve) => child.on("close", resolve));
  const state = (): string => project.read("state/.pulumi/stacks/demo/dev.json");
  await until(
    () =>
      state().includes('"type":"creating"') && /"id":"[^"]+","type":"command:local:Command"/.test(state()),
  );
  child.kill("SIGINT");
  assert.equal(await status, 1);
  assert.deepEqual(project.state().pending, []);
  assert.deepEqual(locks(project), []);
  assert.equal(project.names().includes("three"), false);
  assert.equal(project.up().status, 0);
  assert.deepEqual(project.names(), ["one", "three", "two"]);
});

test("a lock of a living process is honoured in Pulumi's words, and cancel removes it", (t) => {
  const project = new TestProject(t, "");
  project.must("stack", "init", "dev");
  const lock = project.path("state/.pulumi/locks/organization/demo/dev/abc.json");
  mkdirSync(dirname(lock), { recursive: true });
  const timestamp = new Date().toISOString();
  const held = { pid: process.pid, username: "somebody", hostname: hostname(), timestamp };
  writeFileSync(lock, JSON.stringify(held));
  const run = project.up();
  assert.equal(run.status, 1);
  assert.equal(
    run.stderr,
    "error: the stack is currently locked by 1 lock(s). Either wait for the other process(es) to end or delete the lock " +
      `file with \`pulumi cancel\`.\n  file://${lock}: created by somebody@${hostname()} (pid ${process.pid}) at ${timestamp.replace(/\.\d+/, "")}\n`,
  );
  project.must("cancel", "--yes");
  assert.equal(project.up().status, 0);
});

test("a lock whose process is gone is taken over, though its number has gone to another one since", (t) => {
  const project = new TestProject(t, "");
  project.must("stack", "init", "dev");
  const lock = project.path("state/.pulumi/locks/organization/demo/dev/abc.json");
  mkdirSync(dirname(lock), { recursive: true });
  const timestamp = "2020-01-02T03:04:05.678Z";
  writeFileSync(
    lock,
    JSON.stringify({ pid: process.pid, username: "somebody", hostname: hostname(), timestamp }),
  );
  const run = project.up();
  assert.equal(run.status, 0, run.stdout + run.stderr);
  assert.equal(
    run.stderr,
    `warning: taking over the lock of somebody@${hostname()} (pid ${process.pid}) at ${timestamp}: that process is gone\n`,
  );
});

test("a lock whose process was killed is taken over before its parent has asked for its end", async (t) => {
  const project = new TestProject(t, "");
  project.must("stack", "init", "dev");
  // The shell becomes a program that knows nothing of the child, which stays a zombie.
  const parent = spawn("bash", ["-c", "sleep 0.01 & echo $!; exec sleep 60"], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  t.after(() => parent.kill("SIGKILL"));
  const pid = Number(await new Promise((resolve) => parent.stdout.once("data", resolve)));
  await until(() => readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z "));
  const lock = project.path("state/.pulumi/locks/organization/demo/dev/abc.json");
  mkdirSync(dirname(lock), { recursive: true });
  const timestamp = new Date().toISOString();
  writeFileSync(lock, JSON.stringify({ pid, username: "somebody", hostname: hostname(), timestamp }));
  const run = project.up();
  assert.equal(run.status, 0, run.stdout + run.stderr);
  assert.match(run.stderr, /^warning: taking over the lock of somebody@.*: that process is gone$/m);
});

test("a second SIGINT ends everything at once, and the next up converges", async (t) => {
  const project = new TestProject(t, CHAIN.replace("sleep 0.4", "sleep 30"));
  project.must("stack", "init", "dev");
  const child = project.start("up", "--yes", "--skip-preview");
  let told = "";
  child.stderr?.on("data", (data: Buffer) => (told += data.toString()));
  const closed = new Promise((resolve) => child.on("close", resolve));
  await until(() => pendingOf(project).includes("creating one"));
  child.kill("SIGINT");
  await until(() => told.includes("press ^C again"));
  const second = Date.now();
  child.kill("SIGINT");
  assert.equal(await closed, 1);
  assert.ok(Date.now() - second < 10_000, "it waited for what ran");
  assert.deepEqual(pendingOf(project), ["creating one"]);
  assert.deepEqual(locks(project), []);
  await until(() => processesIn(project.folder).length === 0);
  project.program(CHAIN);
  assert.equal(project.up().status, 0);
  assert.deepEqual(project.names(), ["one", "three", "two"]);
});

test("a lock of another machine is never taken over", (t) => {
  const project = new TestProject(t, "");
  project.must("stack", "init", "dev");
  const lock = project.path("state/.pulumi/locks/organization/demo/dev/abc.json");
  mkdirSync(dirname(lock), { recursive: true });
  writeFileSync(
    lock,
    JSON.stringify({
      pid: 1,
      username: "u",
      hostname: "elsewhere.invalid",
      timestamp: "2026-01-02T03:04:05Z",
    }),
  );
  assert.equal(project.up().status, 1);
  assert.equal(existsSync(join(dirname(lock), "abc.json")), true);
});
