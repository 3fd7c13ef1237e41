import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { parse } from "yaml";
import { LabStack } from "../helpers/lab";
import { Project, type Finished } from "../helpers/project";
import { latestLog, stepsOf } from "../helpers/steps";
import { noLab } from "../scripts/node";

type Entry = Record<string, unknown>;

// A template and two containers; the second depends on the first and has an application that works inside.
describe("power, protection and single removals", { skip: noLab }, () => {
  let stack: LabStack;
  let lxcFile: string;
  const entries: Record<string, Entry> = {};
  const logs = () => stack.project.path("var-log");

  const write = () => writeFileSync(lxcFile, JSON.stringify({ lxc_configs: entries }));
  const steps = () => {
    const found = stepsOf(latestLog(stack.project, "power", "up"));
    return [...found].map(([name, { operation }]) => `${operation} ${name}`).sort();
  };
  const settings = () =>
    (parse(readFileSync(stack.project.path("Pulumi.power.yaml"), "utf8")) as { config: Entry }).config;

  async function orchestrator(...args: string[]): Promise<Finished> {
    const env = { PHOENIX_LOGS: logs(), PHOENIX_STACK: "power", PATH: process.env.PATH };
    const { child, finished } = stack.project.start(
      stack.project.path("bin", "phoenix_orchestrator"),
      args,
      env,
    );
    child.stdin.end();
    return finished;
  }
  /** A plain `up` has nothing left to do. */
  async function silent(): Promise<void> {
    const { code, stdout, stderr } = await stack.phoenix("up", "--yes", "--expect-no-changes");
    assert.equal(code, 0, stdout + stderr);
  }

  before(async () => {
    const project = new Project();
    stack = new LabStack(project, "power");
    mkdirSync(project.path("power", "scripts"), { recursive: true });
    const read = (name: string) =>
      JSON.parse(readFileSync(project.path("environments", "dev", name), "utf8")) as Entry;
    const { version, network, zfs, proxmox_defaults, timezone } = read("phoenix_hypervisor_config.json");
    const hypervisorFile = project.path("power", "phoenix_hypervisor_config.json");
    writeFileSync(
      hypervisorFile,
      JSON.stringify({ version, timezone, network, zfs, proxmox_defaults, initial_setup: { ufw: false } }),
    );
    const dev = read("phoenix_lxc_configs.json").lxc_configs as Record<string, Entry>;
    const plain = ({ memory_mb, cores, storage_pool, network_config }: Entry): Entry => ({
      ...{ memory_mb, cores, storage_pool, network_config },
      ...{ clone_from_ctid: "900", storage_size_gb: 16, unprivileged: true },
    });
    entries["900"] = { ...dev["900"], features: [] };
    entries["910"] = { ...plain(dev["910"]!), name: "gateway" };
    entries["911"] = {
      ...plain(dev["912"]!),
      ...{ name: "application", dependencies: ["910"], application_script: "app.sh" },
    };
    writeFileSync(project.path("power", "scripts", "app.sh"), "#!/bin/sh\necho run >>/root/runs\n");
    lxcFile = project.path("power", "phoenix_lxc_configs.json");
    write();
    await stack.done("init", "--hypervisor-config", hypervisorFile, "--lxc-configs", lxcFile);
    await stack.done("up", "--yes");
  });
  after(() => stack.stop());

  test("stop and start write the state into the stack, bring it about, and the next up agrees", async () => {
    const stopped = await orchestrator("--stop-vm", "911");
    assert.equal(stopped.code, 0, stopped.stdout + stopped.stderr);
    assert.match(stopped.stderr, /^\+ phoenix stop 911$/m);
    assert.match(
      stopped.stderr,
      /^\+ pulumi config set --stack power --path 'phoenix:power\["911"\]' stopped$/m,
    );
    assert.match(
      stopped.stderr,
      /^\+ pulumi up --stack power --yes --skip-preview --target '\*\*::ct-911-power'$/m,
    );
    assert.deepEqual(settings()["phoenix:power"], { "911": "stopped" });
    assert.equal((await stack.guests())["911"], "stopped");
    assert.deepEqual(steps(), ["create ct-911-power"]);
    await silent();

    assert.equal((await orchestrator("--start-vm", "911")).code, 0);
    assert.deepEqual(settings()["phoenix:power"], { "911": "running" });
    assert.equal((await stack.guests())["911"], "running");
    assert.deepEqual(steps(), ["update ct-911-power"]);
  });

  test("a dry run shows the step and changes nothing", async () => {
    const before = settings();
    const { code, stdout } = await orchestrator("--stop-vm", "911", "--dry-run");
    assert.equal(code, 0);
    assert.match(stdout, /ct-911-power/);
    assert.doesNotMatch(stdout, /ct-910/);
    assert.deepEqual(settings(), before);
    assert.equal((await stack.guests())["911"], "running");
  });

  test("one that somebody else stopped since is started", async () => {
    await stack.host("pct", "stop", "911");
    const { code, stderr } = await orchestrator("--start-vm", "911");
    assert.equal(code, 0, stderr);
    assert.match(stderr, /^started CT 911$/m);
    assert.equal((await stack.guests())["911"], "running");
  });

  test("state in the entry does the same, touches no other step, and runs no application again", async () => {
    entries["910"]!.state = "stopped";
    entries["910"]!.shutdown_timeout = 20;
    write();
    const { code, stderr } = await stack.phoenix("up", "--yes");
    assert.equal(code, 0, stderr);
    assert.match(
      stderr,
      /^warning: .*lxc_configs\.911\.dependencies\[0\]: is a container whose state is stopped: it runs only while it is converged \("910"\) — let container 910 run, or take the dependency out$/m,
    );
    assert.deepEqual(steps(), ["create ct-910-power"]);
    assert.equal((await stack.guests())["910"], "stopped");
    await silent();
    const health = await stack.phoenix("health", "910");
    assert.deepEqual([health.code, health.stdout], [0, "CT 910 gateway: stopped, as it is to be\n"]);
  });

  test("what works inside a stopped container starts it, and the power step has the last word", async () => {
    await stack.done("stop", "911");
    const script = stack.project.path("power", "scripts", "app.sh");
    writeFileSync(script, "#!/bin/sh\necho again >>/root/runs\n");
    await stack.done("up", "--yes");
    assert.deepEqual(steps(), ["update ct-911-application", "update ct-911-power"]);
    assert.equal((await stack.guests())["911"], "stopped");
    await stack.done("start", "911");
    assert.equal(await stack.host("pct", "exec", "911", "--", "cat", "/root/runs"), "run\nagain\n");
  });

  test("when nobody says anything any more, a stopped container starts; protection is one step of another", async () => {
    delete entries["910"]!.state;
    delete entries["910"]!.shutdown_timeout;
    entries["911"]!.protect = true;
    write();
    await stack.done("up", "--yes");
    assert.deepEqual(steps(), ["delete ct-910-power", "update ct-911-configure"]);
    assert.equal((await stack.guests())["910"], "running");
  });

  test("a protected container is refused for every removal, with one message and before anything is done", async () => {
    const conf = await stack.host("cat", "/etc/pve/lxc/911.conf");
    const refused = async (...words: string[]) => {
      const [command = "", ...rest] = words;
      const { code, stderr } = await stack.phoenix(command, ...rest);
      assert.equal(code, 1, words.join(" "));
      assert.equal(stderr.match(/protect/g)?.length, 3, stderr);
      const message =
        /^CT 911 application is protected \(protect in its entry\), so [^\n]*\. Nothing was changed\.\nIf it may go, set protect to false and run `phoenix up 911` first\.$/m;
      assert.match(stderr, message);
    };
    await refused("destroy", "--yes");
    await refused("destroy", "911", "--yes");
    const { "911": entry } = entries;
    delete entries["911"];
    write();
    await refused("up", "--yes");
    entries["911"] = entry!;
    write();
    assert.deepEqual(await stack.guests(), { "900": "running", "910": "running", "911": "running" });
    assert.equal(await stack.host("cat", "/etc/pve/lxc/911.conf"), conf);

    // The node refuses too, whoever took the engine's own protection off.
    const env = stack.variables();
    const pulumi = (...words: string[]) => {
      const { child, finished } = stack.project.start(
        stack.project.path("lab", "bin", "pulumi"),
        [...words, "--stack", "power", "--yes"],
        env,
      );
      child.stdin.end();
      return finished;
    };
    assert.equal((await pulumi("state", "unprotect", "--all")).code, 0);
    const destroyed = await pulumi(
      "destroy",
      "--skip-preview",
      "--target",
      "**::ct-911",
      "--target",
      "**::ct-911-*",
    );
    assert.notEqual(destroyed.code, 0);
    assert.match(
      destroyed.stdout + destroyed.stderr,
      /CT 911 is protected \(protect in its entry\): nothing of it was changed/,
    );
    assert.equal((await stack.guests())["911"], "running");
    delete entries["911"].protect;
    write();
    await stack.done("up", "--yes");
  });

  test("an entry that was taken out: --yes refuses to guess, a terminal is asked", async () => {
    const { "911": entry } = entries;
    delete entries["911"];
    write();
    const refused = await stack.phoenix("up", "--yes");
    assert.equal(refused.code, 1);
    assert.match(
      refused.stderr,
      /CT 911 application is in stack power and no longer in power\/phoenix_lxc_configs\.json: `phoenix up --yes` removes no guest\. Nothing was changed\.\nRemove it with `phoenix destroy 911`, or put its entry back\.\n$/,
    );
    assert.equal((await stack.guests())["911"], "running");
    const no = await onTerminal("up", { "Remove it with its root disk": "no" });
    assert.match(no, /Nothing was changed\./);
    const late = await onTerminal("up", { "Remove it with its root disk": "yes", "Converge the host": "no" });
    assert.match(late, /Nothing was changed\./);
    assert.equal((await stack.guests())["911"], "running");
    entries["911"] = entry!;
    write();
  });

  test("--delete-vm removes one guest, its power state, and nothing else", async () => {
    await stack.done("stop", "910");
    const needed = await orchestrator("--delete-vm", "910", "--yes");
    assert.equal(needed.code, 1);
    assert.match(
      needed.stderr,
      /^CT 911 application stands on CT 910 gateway: .*: phoenix destroy 911 910$/m,
    );
    const dry = await orchestrator("--delete-vm", "911", "--dry-run");
    assert.match(
      dry.stderr,
      /^CT 911 application: removed with its root disk; .*\n.*\nNothing was changed\.$/m,
    );
    assert.equal((await stack.guests())["911"], "running");
    const both = await stack.phoenix("destroy", "911", "910", "--yes");
    assert.equal(both.code, 0, both.stderr);
    assert.deepEqual(await stack.guests(), { "900": "running" });
    assert.equal(
      settings()["phoenix:power"] === undefined || !("910" in (settings()["phoenix:power"] as object)),
      true,
    );
  });

  /** Runs phoenix on a terminal of its own and answers its questions. */
  async function onTerminal(command: string, answers: Record<string, string>): Promise<string> {
    const line = `bin/phoenix ${command} --stack power --engine lab`;
    const { child, finished } = stack.project.start("timeout", ["120", "script", "-qefc", line, "/dev/null"]);
    const open = new Map(Object.entries(answers));
    let said = "";
    child.stdout.on("data", (data: Buffer) => {
      said += data.toString();
      for (const [question, answer] of open) {
        if (!said.includes(question) || !/\[yes\/.*no\] [^\n]*$/.test(said)) continue;
        open.delete(question);
        child.stdin.write(`${answer}\n`);
      }
    });
    return (await finished).stdout.replaceAll("\r\n", "\n");
  }
});
