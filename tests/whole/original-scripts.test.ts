/* Application scripts and hooks written as the original's are: tests/fixtures/original-scripts. */
import assert from "node:assert/strict";
import { chmodSync, cpSync, readFileSync, writeFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { without } from "../../config/without";
import { LabStack } from "../helpers/lab";
import { Project } from "../helpers/project";
import { latestLog, stepsOf } from "../helpers/steps";
import { noLab } from "../scripts/node";

type Entry = Record<string, unknown>;

/** Of a password; as long as one of its kind is. */
const hash = `$6$saltsalt$${"NOTINANYSTATE".padEnd(86, "x")}`;

/** Each in a container of its own, from CTID 921 on. */
const scripts = [
  ...["sources_utils", "sources_by_name", "companion_file", "companion_folder"],
  ...["whole_file", "root_keys", "uses_lib", "fails"],
];

describe("scripts written as the original's are", { skip: noLab }, () => {
  let stack: LabStack;
  let document: Entry & { lxc_configs: Record<string, Entry> };

  const file = (...path: string[]) => stack.project.path("scripted", ...path);
  const write = () => writeFileSync(file("lxc.json"), JSON.stringify(document));
  const inside = (ctid: number, command: string) =>
    stack.host("pct", "exec", String(ctid), "--", "sh", "-c", command);
  const done = () =>
    [...stepsOf(latestLog(stack.project, "scripted", "up")).keys()]
      .filter((name) => !name.endsWith("-guard"))
      .sort();

  before(async () => {
    const project = new Project();
    stack = new LabStack(project, "scripted");
    cpSync(project.path("tests", "fixtures", "original-scripts"), file(), { recursive: true });
    // Of what a checkout has, git keeps only whether it may be run.
    chmodSync(file("scripts", "gateway.conf"), 0o640);
    const dev = (name: string) =>
      JSON.parse(readFileSync(project.path("environments", "dev", name), "utf8")) as Record<string, Entry>;
    const { network, zfs, proxmox_defaults, timezone } = dev("phoenix_hypervisor_config.json");
    const { pools, datasets } = zfs as { pools: Entry[]; datasets: Entry[] };
    const rest = {
      zfs: { pools: pools.slice(0, 1), datasets: datasets.filter(({ name }) => name === "guests") },
      initial_setup: { ufw: false, upgrade: "never" },
      users: { username: "admin", password_hash: hash, sudo_access: false },
    };
    writeFileSync(file("host.json"), JSON.stringify({ timezone, network, proxmox_defaults, ...rest }));
    const { "900": base } = dev("phoenix_lxc_configs.json")["lxc_configs"] as Record<string, Entry>;
    const template = "ubuntu-24.04-standard_24.04-2_amd64.tar.zst";
    const clone = without(base!, ["template", "template_snapshot_name", "mac_address"]);
    const net = clone.network_config as Entry;
    document = {
      nvidia_driver_version: "580.76.05",
      nvidia_repo_url: "https://developer.download.nvidia.com/compute/cuda/repos/ubuntu2404/x86_64/",
      lxc_configs: {
        "900": { ...base, template, features: ["base_setup"] },
        ...Object.fromEntries(
          scripts.map((name, index) => [
            String(921 + index),
            {
              ...clone,
              name: name.replaceAll("_", "-"),
              clone_from_ctid: "900",
              features: [],
              network_config: { ...net, ip: `10.0.0.${121 + index}/24` },
              application_script: `${name}.sh`,
            },
          ]),
        ),
      },
    };
    const entries = document.lxc_configs;
    Object.assign(entries["921"]!, { ports: ["6333:6333", "6334:6334"], vllm_args: ["--dtype", "float16"] });
    Object.assign(entries["923"]!, { application_files: ["gateway.conf", "certs"] });
    Object.assign(entries["921"]!, {
      integration_tests: { script: "run_integration_tests.sh" },
      run_integration_tests: true,
    });
    Object.assign(entries["927"]!, {
      enable_lifecycle_snapshots: true,
      tests: { greeting: [{ name: "It greets", type: "script", path: "suite/greets.sh" }] },
    });
    write();
    await stack.done("init", "--hypervisor-config", file("host.json"), "--lxc-configs", file("lxc.json"));
  });
  after(() => stack.stop());

  test("one that ends with log_fatal shows its message, and the others are done", async () => {
    const { code, stdout, stderr } = await stack.phoenix("up", "--yes");
    assert.notEqual(code, 0);
    assert.match(
      stderr,
      /\[FATAL\] fails\.sh: The license of CTID 928 is not there: put it at \/srv\/license\n/,
      stdout + stderr,
    );
    assert.match(stderr, /CT 928 fails: failed at application/);
    assert.equal((stderr.match(/: failed at /g) ?? []).length, 1, stderr);
    await inside(928, "touch /srv/license");
    await stack.done("up", "--yes");
    assert.ok(done().includes("ct-928-application"));
    await stack.done("up", "--yes", "--expect-no-changes");
  });

  test("each found its part of what the original gave them", async () => {
    const said = (ctid: number, name: string) => inside(ctid, `cat /root/${name}`);
    assert.equal(
      await said(921, "sources_utils"),
      "/tmp/phoenix_run -p 6333:6333 -p 6334:6334 --dtype float16\n",
    );
    assert.equal(await said(922, "sources_by_name"), "inside\n580.76.05\nnone\n");
    assert.equal(await inside(922, "cat /srv/pushed/here"), "pushed\n");
    assert.equal(
      await inside(923, "cd /root; stat -c '%a %U' gateway.conf certs/ca.pem; cat gateway.conf certs/ca.pem"),
      "640 root\n644 root\nserver { listen 80; }\na certificate\n",
    );
    assert.equal(await said(924, "companion_tool"), "tool\n");
    assert.equal(
      await inside(
        924,
        "cd /root; stat -c %a companion_folder/tool; find companion_folder* -type f | sort; sha256sum <companion_folder/bytes.bin",
      ),
      "755\ncompanion_folder.conf\ncompanion_folder/bytes.bin\ncompanion_folder/conf.d/a.conf\ncompanion_folder/tool\n" +
        "40aff2e9d2d8922e47afd4648e6967497158785fbd1da870e7110266bf944880  -\n",
    );
    assert.equal(await said(925, "whole_file"), "921 10.0.0.121/24\n1\n");
    assert.equal(await said(926, "root_keys"), `${String(document.nvidia_repo_url)}\n580.76.05\n`);
    assert.equal(await said(927, "uses_lib"), "hello uses-lib\n");
  });

  test("the hook reads both files on the node, and leaves the password hash in none of the state", async () => {
    assert.equal(await inside(921, "ls /root/hooked"), "/root/hooked\n");
    assert.equal(await stack.host("cat", "/srv/hooked/921"), "sources-utils Etc/UTC 9\n");
    const folder = "/var/lib/phoenix/config-files";
    assert.equal(
      await stack.host("sh", "-c", `stat -c '%a %U' ${folder} ${folder}/* ${folder}/*/*`),
      "700 root\n700 root\n600 root\n600 root\n",
    );
    assert.doesNotMatch(
      readFileSync(
        stack.project.path(".phoenix", "state", ".pulumi", "stacks", "phoenix", "scripted.json"),
        "utf8",
      ),
      /NOTINANYSTATE/,
    );
  });

  test("tests run behind them, and a failed one is shown; snapshots are taken before features and at the end", async () => {
    const snapshots = async () =>
      [...(await stack.host("cat", "/etc/pve/lxc/927.conf")).matchAll(/^\[(.*)\]$/gm)].map(
        ([, name]) => name,
      );
    assert.deepEqual(await snapshots(), ["final-form", "pre-configured"]);
    assert.match(
      await stack.host("cat", "/var/log/phoenix_hypervisor/ct-921-tests.log"),
      /^--- Running tests of sources-utils ---$/m,
    );
    const greet = file("scripts", "lib", "greet.sh");
    const before = readFileSync(greet, "utf8");
    writeFileSync(greet, before.replace("hello", "bye"));
    const { code, stderr } = await stack.phoenix("up", "--yes");
    assert.notEqual(code, 0);
    assert.match(stderr, /it does not greet: bye uses-lib\n/);
    assert.match(stderr, /CT 927 uses-lib: failed at test-greeting-1/);
    writeFileSync(greet, before);
    await stack.done("up", "--yes");
    assert.deepEqual(await snapshots(), ["final-form", "pre-configured"]);
    await stack.host("pct", "delsnapshot", "927", "final-form");
    assert.match(
      (await stack.phoenix("preview")).stderr,
      /CT 927 snapshot final-form: is missing, wanted there/,
    );
    document.lxc_configs["927"]!.enable_lifecycle_snapshots = false;
    write();
    await stack.done("up", "--yes");
    assert.deepEqual(await snapshots(), []);
  });

  test("nothing is left in the containers", async () => {
    for (const ctid of [921, 923, 926]) {
      assert.equal(
        await inside(ctid, "ls -A /tmp /run/phoenix; ls -d /usr/local/phoenix_hypervisor 2>&1 | wc -l"),
        "/run/phoenix:\nrun.lock\n\n/tmp:\n1\n",
      );
      assert.equal(await inside(ctid, "[ ! -e /usr/local/phoenix_hypervisor ] && echo gone"), "gone\n");
    }
  });

  test("a change elsewhere in the file runs none of them again, one of what is carried its own", async () => {
    document.nvidia_repo_url = "https://mirror.example/cuda/";
    write();
    await stack.done("up", "--yes");
    assert.deepEqual(done(), ["guests-config-files"]);
    writeFileSync(file("scripts", "companion_folder", "conf.d", "a.conf"), "a = 2\n");
    await stack.done("up", "--yes");
    assert.deepEqual(done(), ["ct-924-application"]);
    assert.equal(await inside(924, "cat /root/companion_folder/conf.d/a.conf"), "a = 2\n");
    await stack.done("up", "--yes", "--expect-no-changes");
  });

  test("what somebody changes of the files on the node is put right, and destroy removes them", async () => {
    const path = "/var/lib/phoenix/config-files/phoenix-scripted/phoenix_lxc_configs.json";
    await stack.host("sh", "-c", `echo >>${path}`);
    const { stderr } = await stack.phoenix("preview");
    assert.match(stderr, new RegExp(`${path}: is edited by hand, wanted as Phoenix wrote it`));
    await stack.done("up", "--yes");
    assert.deepEqual(done(), ["guests-config-files"]);
    await stack.done("destroy", "--yes");
    assert.equal(await stack.host("sh", "-c", "ls /var/lib/phoenix/config-files 2>&1 | wc -l"), "1\n");
  });
});
