import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { LabStack } from "../helpers/lab";
import { Project } from "../helpers/project";
import { latestLog, stepsOf } from "../helpers/steps";
import { noLab } from "../scripts/node";

type Entry = Record<string, unknown>;

describe("behavior.rollback_on_failure, from one run to the next", { skip: noLab }, () => {
  let stack: LabStack;
  let entry: Entry;

  const file = (...path: string[]) => stack.project.path("back", ...path);
  const readJson = (...path: string[]) =>
    JSON.parse(readFileSync(stack.project.path(...path), "utf8")) as Record<string, Entry>;
  /** What the application leaves in the container, and how it ends. */
  const write = (leaves: string, code: number, memory: number) => {
    const text = `#!/bin/bash\ntouch /root/${leaves}\n[ ! -e /root/fails ] || exit 3\nexit ${code}\n`;
    writeFileSync(file("scripts", "app.sh"), text);
    const lxc_configs = { "900": { ...entry, memory_mb: memory, application_script: "app.sh" } };
    writeFileSync(file("lxc.json"), JSON.stringify({ lxc_configs }));
  };
  const left = () => stack.host("pct", "exec", "900", "--", "ls", "/root");
  const conf = () => stack.host("cat", "/etc/pve/lxc/900.conf");
  const done = () =>
    [...stepsOf(latestLog(stack.project, "back", "up")).keys()]
      .filter((name) => /^ct-.*(?<!-guard)$/.test(name))
      .sort();
  const all = ["application", "commit", "configure", "idmap", "mounts", "savepoint", "snapshot", "start"].map(
    (step) => `ct-900-${step}`,
  );

  before(async () => {
    const project = new Project();
    stack = new LabStack(project, "back");
    mkdirSync(project.path("back", "scripts"), { recursive: true });
    const dev = ["environments", "dev"];
    const { network, zfs, proxmox_defaults, timezone } = readJson(...dev, "phoenix_hypervisor_config.json");
    const { pools, datasets } = zfs as { pools: Entry[]; datasets: Entry[] };
    const rest = {
      zfs: { pools: pools.slice(0, 1), datasets: datasets.filter(({ name }) => name === "guests") },
      initial_setup: { ufw: false, upgrade: "never" },
      behavior: { rollback_on_failure: true },
    };
    writeFileSync(file("host.json"), JSON.stringify({ timezone, network, proxmox_defaults, ...rest }));
    const { "900": base } = readJson(...dev, "phoenix_lxc_configs.json")["lxc_configs"] as Record<
      string,
      Entry
    >;
    const template = "ubuntu-24.04-standard_24.04-2_amd64.tar.zst";
    entry = { ...base, template, features: [] };
    write("first", 3, 1024);
    await stack.done("init", "--hypervisor-config", file("host.json"), "--lxc-configs", file("lxc.json"));
  });
  after(() => stack.stop());

  const fails = async () => {
    const { code, stderr } = await stack.phoenix("up", "--yes");
    assert.notEqual(code, 0);
    assert.match(stderr, /phoenix: app\.sh failed in CT 900 with exit code 3/);
    assert.match(stderr, /CT 900 is as it was before this run; the next run does all its steps again/);
    assert.match(stderr, /CT 900 template-base: failed at application/);
    assert.doesNotMatch(await conf(), /savepoint/);
  };

  /** Plain pulumi's answer to a destroy, which is refused. */
  async function destroyed(...flags: string[]): Promise<string> {
    const variables = stack.variables();
    const args = ["destroy", "--stack", "back", "--yes", "--skip-preview", ...flags];
    const engine = stack.project.path("lab", "bin", "pulumi");
    const { code, stdout, stderr } = await stack.project.start(engine, args, variables).finished;
    assert.notEqual(code, 0);
    return stdout + stderr;
  }

  test("a new container goes back to as it was made, and the next run does all its steps", async () => {
    await fails();
    const before = await conf();
    for (const flags of [[], ["--continue-on-error"]]) {
      // Its last step was never made, so it is another guard that keeps plain destroy from it.
      assert.match(
        await destroyed(...flags),
        /Guard::ct-900-made-guard" cannot be deleted\s+because it is protected/,
      );
      assert.equal(await conf(), before);
    }
    assert.deepEqual(await stack.guests(), { "900": "stopped" });
    assert.doesNotMatch(await conf(), /^startup:/m, "nothing is configured");
    write("second", 0, 1024);
    await stack.done("up", "--yes");
    assert.deepEqual(done(), all);
    assert.equal(await left(), "second\n");
    assert.doesNotMatch(await conf(), /savepoint/);
  });

  test("one that was right goes back to what it was, and the next run does all its steps", async () => {
    write("third", 3, 2048);
    await fails();
    assert.match(await conf(), /^memory: 1024$/m);
    assert.equal(await left(), "second\n");
    write("fourth", 0, 2048);
    await stack.done("up", "--yes");
    assert.deepEqual(done(), all);
    assert.match(await conf(), /^memory: 2048$/m);
    assert.equal(await left(), "fourth\nsecond\n");
    await stack.done("up", "--yes", "--expect-no-changes");
  });

  const byHand = (command: string) => stack.host("bash", "-c", command);
  const savepoint = { "ct-900-savepoint": "CT 900 is repaired: a savepoint is taken first" };
  const memory = { "ct-900-configure": "CT 900 memory_mb: is 512, wanted 2048" };
  /** How many savepoints were taken up to now, with what is on the container's disks. */
  const taken = async () => {
    const log = await stack.host("cat", "/var/log/phoenix_hypervisor/ct-900-savepoint.log");
    return log.split("\n").filter((line) => line === "CT 900: noted its state").length;
  };
  const previewed = async (told: Record<string, string>, also: string[] = []) => {
    const { stdout, stderr } = await stack.phoenix("preview");
    const updated = [...stdout.matchAll(/Command (\S+) update/g)].map(([, name]) => name);
    assert.deepEqual(updated.sort(), [...Object.keys(told), ...also].sort());
    const lines = Object.entries(told).map(([step, text]) => `\n  ${step}\n    ${text}\n`);
    const count = `${lines.length} ${lines.length === 1 ? "step has" : "steps have"}`;
    assert.equal(
      stderr.slice(stderr.indexOf(count)),
      `${count} drifted and would run again:\n${lines.join("")}`,
    );
  };

  test("what somebody changed by hand is put right behind a savepoint", async () => {
    const before = await taken();
    await byHand("pct set 900 --memory 512");
    await previewed({ ...savepoint, ...memory }, ["ct-900-commit"]);
    await stack.done("up", "--yes");
    assert.deepEqual(done(), ["ct-900-commit", "ct-900-configure", "ct-900-savepoint"]);
    assert.match(await conf(), /^memory: 2048$/m);
    assert.doesNotMatch(await conf(), /savepoint/);
    assert.equal(await taken(), before + 1);
    await stack.done("up", "--yes", "--expect-no-changes");
  });

  test("where that fails, the container goes back to what it was before", async () => {
    const inside =
      "pct exec 900 -- sh -c 'rm /root/fourth /var/lib/phoenix/steps/application; touch /root/fails'";
    await byHand(`pct set 900 --memory 512; ${inside}`);
    const application = "CT 900 step application: is not done in what the guest is now, wanted done";
    await previewed({ ...savepoint, ...memory, "ct-900-application": application }, ["ct-900-commit"]);
    await fails();
    assert.match(await conf(), /^memory: 512$/m);
    assert.equal(await left(), "fails\nsecond\n");
    await byHand("pct exec 900 -- rm /root/fails");
    await stack.done("up", "--yes");
    assert.deepEqual(done(), all);
    assert.match(await conf(), /^memory: 2048$/m);
    assert.equal(await left(), "fourth\nsecond\n");
    await stack.done("up", "--yes", "--expect-no-changes");
  });
});
