import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { LabStack } from "../helpers/lab";
import { Project } from "../helpers/project";
import { latestLog, stepsOf } from "../helpers/steps";
import { noLab } from "../scripts/node";

type Entry = Record<string, unknown>;

// A template, a gateway with a health check, an application behind the gateway, and one that needs neither.
describe("single containers, health checks and a failure's summary", { skip: noLab }, () => {
  let stack: LabStack;
  let lxcFile: string;

  const file = (name: string) => stack.project.path("small", name);
  const readJson = (path: string) => JSON.parse(readFileSync(path, "utf8")) as Entry;

  /** Writes the containers' file with this command as the gateway's health check. */
  function writeContainers(gatewayCheck: string): void {
    const dev = readJson(stack.project.path("environments", "dev", "phoenix_lxc_configs.json"));
    const entries = dev.lxc_configs as Record<string, Entry>;
    const plain = ({ memory_mb, cores, storage_pool, network_config, mac_address }: Entry): Entry => {
      const taken = { memory_mb, cores, storage_pool, network_config, mac_address };
      return { ...taken, clone_from_ctid: "900", storage_size_gb: 16, unprivileged: true };
    };
    const { "900": template, "910": gateway, "911": application, "912": other } = entries;
    const check = (command: string) => ({ health_check: { command, retries: 1, interval: 1 } });
    const lxc_configs = {
      "900": { ...template, template: "ubuntu-24.04-standard_24.04-2_amd64.tar.zst", features: [] },
      "910": { ...plain(gateway!), name: "gateway", ...check(gatewayCheck) },
      "911": {
        ...plain(application!),
        ...{ name: "application", memory_mb: 1024, cores: 1, dependencies: ["910"] },
        ...check("test -d /etc"),
      },
      "912": { ...plain(other!), name: "other" },
    };
    writeFileSync(lxcFile, JSON.stringify({ lxc_configs }));
  }

  before(async () => {
    const project = new Project("single");
    stack = new LabStack(project, "small");
    mkdirSync(project.path("small"));
    const { version, network, zfs, proxmox_defaults, timezone } = readJson(
      project.path("environments", "dev", "phoenix_hypervisor_config.json"),
    );
    const { pools, datasets } = zfs as { pools: Entry[]; datasets: Entry[] };
    datasets.find(({ name }) => name === "volumes")!.destroy_on_teardown = true;
    const rest = {
      zfs: { pools: pools.slice(0, 1), datasets: datasets.filter(({ pool }) => pool === "tank") },
      initial_setup: { ufw: false, upgrade: "never" },
    };
    const hypervisorFile = file("phoenix_hypervisor_config.json");
    writeFileSync(hypervisorFile, JSON.stringify({ version, timezone, network, proxmox_defaults, ...rest }));
    lxcFile = file("phoenix_lxc_configs.json");
    writeContainers("test -e /etc/hostname");
    await stack.done("init", "--hypervisor-config", hypervisorFile, "--lxc-configs", lxcFile);
  });
  after(() => stack.stop());

  test("preview and up of one container take in what it needs, and nothing else", async () => {
    const preview = await stack.phoenix("preview", "911");
    assert.equal(preview.code, 0, preview.stderr);
    assert.match(
      preview.stderr,
      /^only CT 911 application, and what needs to be there: CT 900 template-base, CT 910 gateway; of the host what they stand on$/m,
    );
    assert.doesNotMatch(preview.stdout, /ct-912/);
    assert.match(preview.stdout, /ct-911-health/);

    await stack.done("up", "911", "--yes");
    assert.deepEqual(await stack.guests(), { "900": "running", "910": "running", "911": "running" });
    const steps = [...stepsOf(latestLog(stack.project, "small", "up")).keys()];
    const others = /^(ct-912|host-zfs-(arc|.*-(volumes|projects)$))/;
    assert.deepEqual(
      steps.filter((name) => others.test(name)),
      [],
    );
    assert.ok(steps.includes("host-zfs-storage-tank-guests"), steps.join(" "));
  });

  test("up of all makes the rest, and changes nothing of these", async () => {
    await stack.done("up", "--yes");
    assert.deepEqual(Object.keys(await stack.guests()), ["900", "910", "911", "912"]);
    const steps = [...stepsOf(latestLog(stack.project, "small", "up")).keys()];
    assert.deepEqual(
      steps.filter((name) => /^ct-9(00|10|11)/.test(name)),
      [],
    );
  });

  test("health checks run at any time, a line for each container", async () => {
    const all = await stack.phoenix("health");
    assert.deepEqual(
      { code: all.code, stdout: all.stdout },
      {
        code: 0,
        stdout:
          "CT 900 template-base: no health check\nCT 910 gateway: ok\n" +
          "CT 911 application: ok\nCT 912 other: no health check\n",
      },
    );
    await stack.host("pct", "stop", "910");
    const stopped = await stack.phoenix("health", "911", "910");
    assert.equal(stopped.code, 1);
    assert.match(
      stopped.stdout,
      /^CT 910 gateway: failed: the health check of CT 910 failed 1 times, the last time with exit code \d+: test -e \/etc\/hostname[^\n]*\nCT 911 application: ok\n$/,
    );
    const json = JSON.parse((await stack.phoenix("health", "910", "912", "--json")).stdout) as unknown;
    assert.deepEqual(json, {
      ok: false,
      containers: [
        {
          ctid: 910,
          name: "gateway",
          status: "failed",
          reason: /failed: (.*)/.exec(stopped.stdout)?.[1],
        },
        { ctid: 912, name: "other", status: "none" },
      ],
    });
    await stack.host("pct", "start", "910");
  });

  test("health takes the stack's connection: a key with a pass phrase works, another host key is refused", async () => {
    const { project } = stack;
    const { ssh } = JSON.parse((await stack.lab("info", "--json")).stdout) as {
      ssh: { privateKeyFile: string };
    };
    copyFileSync(ssh.privateKeyFile, project.path("key with a phrase"));
    execFileSync("chmod", ["600", project.path("key with a phrase")]);
    execFileSync("ssh-keygen", [
      "-q",
      "-p",
      "-P",
      "",
      "-N",
      "opened",
      "-f",
      project.path("key with a phrase"),
    ]);
    const env = JSON.parse((await stack.lab("env", "--json")).stdout) as Record<string, string>;
    const set = async (...words: string[]) => {
      const pulumi = project.path("lab", "bin", "pulumi");
      const { finished } = project.start(pulumi, ["config", "set", "--stack", "small", ...words], env);
      assert.equal((await finished).code, 0);
    };
    const before = readFileSync(project.path("Pulumi.small.yaml"), "utf8");
    await set("phoenix:privateKeyFile", "key with a phrase");
    await set("--secret", "phoenix:privateKeyPassword", "opened");
    const opened = await stack.phoenix("health", "910");
    assert.deepEqual([opened.code, opened.stdout], [0, "CT 910 gateway: ok\n"], opened.stderr);

    const name = Buffer.from("ssh-ed25519");
    const size = (bytes: number) => Buffer.from([0, 0, 0, bytes]);
    const other = Buffer.concat([size(name.length), name, size(32), Buffer.alloc(32, 7)]);
    await set("phoenix:hostKey", `ssh-ed25519 ${other.toString("base64")}`);
    const refused = await stack.phoenix("health", "910");
    assert.equal(refused.code, 1);
    assert.equal(
      refused.stdout,
      "CT 910 gateway: failed: the host was not reached: Host key verification failed.\n",
    );
    writeFileSync(project.path("Pulumi.small.yaml"), before);
  });

  test("health that is interrupted leaves nothing behind", async () => {
    const folder = stack.project.path("tmp");
    mkdirSync(folder);
    const left = () => readdirSync(folder).filter((name) => name.startsWith("phoenix-ssh-"));
    writeContainers("sleep 5");
    const phoenix = stack.project.path("bin", "phoenix");
    const args = ["health", "910", "--stack", "small", "--engine", "lab"];
    const { child, finished } = stack.project.start(phoenix, args, { TMPDIR: folder });
    const deadline = Date.now() + 60_000;
    while (left().length === 0 && Date.now() < deadline) await setTimeout(50);
    assert.equal(left().length, 1);
    child.kill("SIGINT");
    assert.deepEqual({ stdout: (await finished).stdout, left: left() }, { stdout: "", left: [] });
  });

  test("a failed up names what failed, what was skipped for it, and how to go on", async () => {
    writeContainers("echo no answer from the gateway >&2; exit 4");
    const { code, stderr } = await stack.phoenix("up", "--yes");
    assert.notEqual(code, 0);
    const summary = stderr.slice(stderr.indexOf("1 step failed"));
    assert.match(summary, /^1 step failed:\n\n {2}update ct-910-health \(command:remote:Command\)\n/);
    assert.match(summary, /^ {4}no answer from the gateway$/m);
    assert.match(summary, /^ {4}phoenix: the health check of CT 910 failed 1 times/m);
    assert.match(
      summary,
      new RegExp(
        "\\n2 of 4 containers done:\\n" +
          "  CT 910 gateway: failed at health\\n" +
          "  CT 911 application: skipped, it needs CT 910 gateway\\n" +
          "What does not depend on them is done\\. Mend the cause and run `phoenix up` again: " +
          "it goes on where this one stopped\\.\\nAll events: \\S+\\.jsonl\\n$",
      ),
    );
    writeContainers("test -d /etc");
    await stack.done("up", "910", "--yes");
    const steps = stepsOf(latestLog(stack.project, "small", "up"));
    assert.deepEqual([...steps.keys()], ["ct-910-health"]);
  });

  test("destroy names what goes, with its data or without, and what stays", async () => {
    const { code, stderr } = await stack.phoenix("destroy", "--yes");
    assert.equal(code, 0, stderr);
    assert.match(
      stderr,
      /\nGuests of stack small that are destroyed, with their disks:\n {2}CT 900 template-base\n {2}CT 910 gateway\n {2}CT 911 application\n {2}CT 912 other\nDestroyed with all data, as their entries say \(destroy_on_teardown\):\n {2}dataset tank\/volumes\nOn the host is taken back what this stack set: /,
    );
    assert.match(stderr, /\nKept: pools, datasets [^\n]*\n[^\n]*installed packages\.\n$/);
    assert.deepEqual(await stack.guests(), {});
    const datasets = (await stack.host("zfs", "list", "-H", "-o", "name")).split("\n");
    assert.ok(datasets.includes("tank/guests") && !datasets.includes("tank/volumes"), datasets.join(" "));
  });
});
