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

// A template, a gateway with a health check, an application and a virtual machine behind the gateway, and a container
// that needs neither. The machine's VMID is chosen by the node.
describe("single guests, health checks and a failure's summary", { skip: noLab }, () => {
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
    const project = new Project();
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
    const vms = [
      {
        ...{ name: "runner", template: "ubuntu-24.04", cores: 1, memory_mb: 1024, disk_size_gb: 10 },
        ...{ storage_pool: "tank-guests", network_bridge: "vmbr0", dependencies: ["910"] },
        health_check: { command: "test -e /etc/hostname", retries: 1, interval: 1 },
      },
    ];
    writeFileSync(
      hypervisorFile,
      JSON.stringify({ version, timezone, network, proxmox_defaults, vms, ...rest }),
    );
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
    const others = /^(ct-912|vms?-|host-zfs-(arc|.*-(volumes|projects)$))/;
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
    assert.match(await stack.host("cat", "/etc/pve/qemu-server/9000.conf"), /^name: runner$/m);
  });

  test("a machine is named by the VMID that the node chose, or by its name; a wrong one is told what there is", async () => {
    const preview = await stack.phoenix("preview", "9000", "--expect-no-changes");
    assert.equal(preview.code, 0, preview.stdout + preview.stderr);
    assert.match(
      preview.stderr,
      /^only VM 9000 runner, and what needs to be there: CT 900 template-base, CT 910 gateway; of the host what they stand on$/m,
    );
    assert.match(
      (await stack.phoenix("destroy", "runner", "--dry-run")).stderr,
      /^VM 9000 runner: removed with its disk; a virtual machine's detached disks stay\.\nNothing was changed\.$/m,
    );
    const needed = await stack.phoenix("destroy", "gateway", "--yes");
    assert.match(
      needed.stderr,
      /^CT 911 application, VM 9000 runner stand on CT 910 gateway: .*: phoenix destroy 911 9000 910$/m,
    );
    const wrong = await stack.phoenix("up", "9001", "--yes");
    assert.deepEqual(
      [wrong.code, wrong.stderr],
      [
        2,
        "The files of stack small have no guest 9001; they have CT 900 template-base, CT 910 gateway, " +
          "CT 911 application, CT 912 other, VM 9000 runner.\n",
      ],
    );
  });

  test("health checks run at any time, a line for each guest", async () => {
    const all = await stack.phoenix("health");
    assert.deepEqual(
      { code: all.code, stdout: all.stdout },
      {
        code: 0,
        stdout:
          "CT 900 template-base: no health check\nCT 910 gateway: ok\n" +
          "CT 911 application: ok\nCT 912 other: no health check\nVM 9000 runner: ok\n",
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
      vms: [],
    });
    await stack.host("pct", "start", "910");
  });

  test("a machine that somebody stopped fails and is left so; one that is to be stopped is told so", async () => {
    await stack.host("qm", "stop", "9000");
    const { code, stdout } = await stack.phoenix("health", "runner");
    assert.equal(code, 1);
    assert.match(
      stdout,
      /^VM 9000 runner: failed: VM 9000 \(runner\) does not run; start it: qm start 9000[^\n]*\n$/,
    );
    assert.equal(await stack.host("qm", "status", "9000"), "status: stopped\n");
    const file = stack.project.path("Pulumi.small.yaml");
    const before = readFileSync(file, "utf8");
    writeFileSync(file, `${before.trimEnd()}\n  phoenix:power:\n    "9000": stopped\n`);
    const kept = await stack.phoenix("health", "9000", "--json");
    assert.deepEqual(
      [kept.code, JSON.parse(kept.stdout)],
      [0, { ok: true, containers: [], vms: [{ vmid: 9000, name: "runner", status: "stopped" }] }],
    );
    writeFileSync(file, before);
    await stack.host("qm", "start", "9000");
  });

  test("health takes the stack's connection: a key with a pass phrase works, another host key is refused", async () => {
    const { project } = stack;
    const { ssh } = stack.info();
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
    const env = stack.variables();
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
        "\\n2 of 5 guests done:\\n" +
          "  CT 910 gateway: failed at health\\n" +
          "  CT 911 application: skipped, it needs CT 910 gateway\\n" +
          "  VM 9000 runner: skipped, it needs CT 910 gateway\\n" +
          "What does not depend on them is done\\. Mend the cause and run `phoenix up` again: " +
          "it goes on where this one stopped\\.\\nAll events: \\S+\\.jsonl\\n$",
      ),
    );
    writeContainers("test -d /etc");
    await stack.done("up", "910", "--yes");
    const steps = stepsOf(latestLog(stack.project, "small", "up"));
    assert.deepEqual([...steps.keys()], ["ct-910-health"]);
  });

  test("guests that are gone, or whose ids are somebody else's, are dropped from the stack; what is there stays", async () => {
    await stack.host(
      "bash",
      "-c",
      "pct destroy 912 --force 1; pct destroy 911 --force 1; qm stop 9000; qm destroy 9000; " +
        "pct create 912 local:vztmpl/ubuntu-24.04-standard_24.04-2_amd64.tar.zst --hostname theirs --rootfs local-lvm:4 " +
        "--unprivileged 1 --net0 name=eth0,bridge=vmbr0,ip=10.0.0.99/24 && pct start 912 && " +
        "qm create 911 --name desk --memory 512 --scsi0 local-lvm:1 --tags phoenix-elsewhere && " +
        "cd /var/lib/phoenix/guests && echo kept >912.volumes && echo old >912.restart && ls 9000.* vm-9000.* 912.* || true",
    );
    const foreign = () =>
      stack.host(
        "bash",
        "-c",
        "sha256sum /etc/pve/lxc/912.conf /etc/pve/qemu-server/911.conf; pct status 912; pct exec 912 -- cat /proc/1/stat | " +
          "cut -d ' ' -f 22; pvesm list local-lvm",
      );
    const before = await foreign();
    const { lxc_configs } = readJson(lxcFile) as { lxc_configs: Entry };
    const { "900": template, "910": gateway } = lxc_configs;
    writeFileSync(lxcFile, JSON.stringify({ lxc_configs: { "900": template, "910": gateway } }));

    const told =
      "VM 911 on node phoenix is 'desk' of stack 'elsewhere': it stays; only the stack's entry CT 911 application is dropped.\n" +
      "CT 912 on node phoenix is 'theirs' of somebody else: it stays; only the stack's entry CT 912 other is dropped.\n" +
      "VM 9000 runner is not on the node any more: only the stack's entry is dropped.\n";
    // An up asks for no disks that are not the stack's: it names the command that drops the entries.
    const up = "bin/phoenix up --stack small --engine lab";
    const asked = await stack.project.start("timeout", ["120", "script", "-qefc", up, "/dev/null"]).finished;
    assert.equal(asked.code, 1, asked.stdout);
    const [ct911 = "", ct912 = ""] = told.split("\n");
    const said = asked.stdout.replaceAll("\r", "");
    assert.ok(
      said.endsWith(
        "CT 911 application, CT 912 other are in stack small and no longer in small/phoenix_lxc_configs.json.\n" +
          `${ct911}\n${ct912}\n\`phoenix destroy 911 912\` does that. Nothing was changed.\n`,
      ),
      said,
    );
    const words = ["911", "other", "runner"];
    const dry = await stack.phoenix("destroy", ...words, "--dry-run");
    assert.equal(dry.stderr.slice(dry.stderr.indexOf("\n") + 1), `${told}Nothing was changed.\n`);
    const { code, stderr } = await stack.phoenix("destroy", ...words, "--yes");
    assert.equal(code, 0, stderr);
    assert.ok(stderr.includes(told), stderr);
    assert.equal(await foreign(), before);
    const notes = await stack.host(
      "bash",
      "-c",
      "cd /var/lib/phoenix/guests && ls -A | grep -E '9000|91[12]'",
    );
    assert.equal(notes, "912.volumes\n");

    // The machine's entry is still there: it is recreated.
    await stack.done("up", "--yes");
    const steps = [...stepsOf(latestLog(stack.project, "small", "up")).keys()];
    assert.deepEqual(
      steps.filter((name) => !name.startsWith("vm-runner")),
      [],
    );
    assert.match(await stack.host("cat", "/etc/pve/qemu-server/9000.conf"), /^name: runner$/m);
    await stack.done("preview", "--expect-no-changes");
    assert.equal(await foreign(), before);

    await stack.host("bash", "-c", "pct stop 912; pct destroy 912; qm destroy 911");
    writeFileSync(lxcFile, JSON.stringify({ lxc_configs }));
    await stack.done("up", "--yes");
  });

  test("guests that are gone with those that stand on them are dropped together; what is there is removed first", async () => {
    await stack.host("bash", "-c", "pct destroy 911 --force 1; pct destroy 910 --force 1");
    const refused = await stack.phoenix("destroy", "gateway", "911", "runner", "--yes");
    assert.equal(refused.code, 1, refused.stderr);
    assert.equal(
      refused.stderr.slice(refused.stderr.indexOf("\n") + 1),
      "VM 9000 runner is to be removed before what the node has no more. Nothing was changed; first: phoenix destroy 9000\n",
    );
    await stack.done("destroy", "9000", "--yes");
    assert.equal(await stack.host("ls", "/etc/pve/qemu-server"), "");
    const { code, stderr } = await stack.phoenix("destroy", "gateway", "911", "--yes");
    assert.equal(code, 0, stderr);
    assert.ok(stderr.includes("CT 910 gateway, CT 911 application: no longer in the stack. "), stderr);
    await stack.done("up", "--yes");
    await stack.done("preview", "--expect-no-changes");
    const states = await stack.guests();
    assert.deepEqual([states["910"], states["911"]], ["running", "running"]);
  });

  test("destroy names what goes, with its data or without, and what stays", async () => {
    const { code, stderr } = await stack.phoenix("destroy", "--yes");
    assert.equal(code, 0, stderr);
    assert.match(
      stderr,
      /\nGuests of stack small that are destroyed, with their disks:\n {2}CT 900 template-base\n {2}CT 910 gateway\n {2}CT 911 application\n {2}CT 912 other\n {2}VM 9000 runner\nDestroyed with all data, as their entries say \(destroy_on_teardown\):\n {2}dataset tank\/volumes\nOn the host is taken back what this stack set: /,
    );
    assert.match(stderr, /\nKept: pools, datasets [^\n]*\n[^\n]*installed packages\.\n$/);
    assert.deepEqual(await stack.guests(), {});
    assert.equal(await stack.host("ls", "/tank/projects/snippets"), "");
    const datasets = (await stack.host("zfs", "list", "-H", "-o", "name")).split("\n");
    assert.ok(datasets.includes("tank/guests") && !datasets.includes("tank/volumes"), datasets.join(" "));
  });
});
