import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { parse } from "yaml";
import { LabStack } from "../helpers/lab";
import { Project } from "../helpers/project";
import { noLab } from "../scripts/node";

interface LabInfo {
  ssh: { host: string; port: number; privateKeyFile: string; hostKey: string };
  api: { endpoint: string; password: string };
}

// A lab machine stands for a host of the user's: reached by its address, not by the lab's variables.
describe("init looks at a node", { skip: noLab }, () => {
  let stack: LabStack;
  let info: LabInfo;
  let right: string;

  before(async () => {
    stack = new LabStack(new Project(), "machine");
    await stack.start();
    info = stack.info();
    const line = execFileSync("ssh-keygen", ["-lf", "-"], { input: `${info.ssh.hostKey}\n` }).toString();
    right = line.split(" ")[1]!;
    writeFileSync(stack.project.path("password"), `${info.api.password}\n`);
    writeFileSync(stack.project.path("wrong-password"), "not-this-one\n");
  });
  after(() => stack.stop());

  const environment = { PULUMI_CONFIG_PASSPHRASE: "mine" };
  const host = () => [
    ...["--engine", "lab", "--address", info.ssh.host, "--port", String(info.ssh.port)],
    ...["--private-key-file", info.ssh.privateKeyFile, "--api-endpoint", info.api.endpoint],
  ];
  const init = (...words: string[]) =>
    stack.project.phoenixWith(environment, "init", "--stack", "home", ...host(), ...words);
  const written = () =>
    ["Pulumi.home.yaml", "environments/home"].filter((path) => existsSync(stack.project.path(path)));

  test("the host key is taken only when somebody says that it is the right one", async () => {
    const unsaid = await init("--api-password-file", "password", "--api-insecure");
    assert.equal(unsaid.code, 2);
    assert.ok(unsaid.stderr.startsWith(`127.0.0.1 shows the host key ${right}. On the host's own console, `));
    assert.ok(unsaid.stderr.includes(`--fingerprint ${right} (or give the key itself: --host-key)`));
    const other = await init("--fingerprint", "SHA256:AAAA", "--api-insecure");
    assert.deepEqual(
      [other.code, other.stderr],
      [
        1,
        `127.0.0.1 shows the host key ${right}, not SHA256:AAAA: somebody may stand in for it. Nothing was written.\n`,
      ],
    );
    assert.deepEqual(written(), []);
  });

  test("what does not work says why, shows no password, and writes nothing", async () => {
    const failing = async (message: RegExp, ...words: string[]) => {
      const { code, stdout, stderr } = await init("--fingerprint", right, ...words);
      assert.equal(code, 1);
      assert.match(stderr, message);
      assert.doesNotMatch(stdout + stderr, /not-this-one| {4}at /);
      assert.deepEqual(written(), []);
    };
    await failing(
      /^The certificate of https:\/\/127\.0\.0\.1:\d+\/ is not one that this machine trusts \(\S+\)\. Proxmox VE makes its own: --api-insecure takes it\.$/m,
      ...["--api-password-file", "password"],
    );
    await failing(
      /^https:\/\/127\.0\.0\.1:\d+\/ refuses root@pam with this password\.$/m,
      ...["--api-password-file", "wrong-password", "--api-insecure"],
    );
    await failing(
      /knows the node phoenix, not other\. Is --address the same host as --api-endpoint\? Nothing was written\.$/m,
      ...["--api-password-file", "password", "--api-insecure", "--node", "other"],
    );
    const key = stack.project.path("other-key");
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", key]);
    await failing(
      /^SSH to 127\.0\.0\.1 does not work; nothing was written\. It said:\n.*Permission denied/m,
      ...["--private-key-file", key],
    );
  });

  test("it writes both files as the node is, and a stack that works; the password is encrypted", async () => {
    const { code, stderr } = await init(
      "--fingerprint",
      right,
      "--api-password-file",
      "password",
      "--api-insecure",
    );
    assert.equal(code, 0, stderr);
    assert.match(stderr, /^Node phoenix, Proxmox VE 9\.\d+\.\d+\n {2}bridges: vmbr0 10\.0\.0\.13\/24$/m);
    assert.match(
      stderr,
      /^ {4}\/dev\/disk\/by-id\/nvme-Samsung_SSD_990_EVO_Plus_4TB_S7U8NJ0Y402334Y 4\.0 TB blank$/m,
    );
    assert.match(stderr, /^Wrote \S*phoenix_hypervisor_config\.json and \S*phoenix_lxc_configs\.json\.$/m);
    const read = (name: string) =>
      JSON.parse(readFileSync(stack.project.path("environments", "home", name), "utf8")) as Record<
        string,
        unknown
      >;
    const { description, ...hypervisor } = read("phoenix_hypervisor_config.json");
    assert.match(
      String(description),
      /Blank disks, for zfs\.pools: .*S7U6NJ0Y310536X.* GPUs: 0000:01:00\.0 NVIDIA/,
    );
    assert.deepEqual(hypervisor, {
      $schema: "../../config/schemas/phoenix_hypervisor_config.schema.json",
      version: "1.0.0",
      timezone: "Etc/UTC",
      initial_setup: { upgrade: "once", ufw: true },
      network: {
        interfaces: {
          ...{ name: "vmbr0", address: "10.0.0.13/24", gateway: "10.0.0.1", dns_nameservers: "10.0.0.1" },
        },
      },
      zfs: { pools: [], datasets: [] },
    });
    assert.deepEqual(read("phoenix_lxc_configs.json"), {
      $schema: "../../config/schemas/phoenix_lxc_configs.schema.json",
      lxc_configs: {},
    });
    const yaml = readFileSync(stack.project.path("Pulumi.home.yaml"), "utf8");
    assert.ok(!yaml.includes(info.api.password));
    const { config } = parse(yaml) as { config: Record<string, unknown> };
    assert.deepEqual(Object.keys(config["phoenix:apiPassword"] as object), ["secure"]);
    assert.deepEqual(
      [config["phoenix:nodeName"], config["phoenix:hostKey"], config["phoenix:lxcConfigs"]],
      ["phoenix", info.ssh.hostKey, "environments/home/phoenix_lxc_configs.json"],
    );
    const valid = await stack.project.phoenix("validate", "--stack", "home");
    assert.deepEqual([valid.code, valid.stderr], [0, ""]);
    const preview = await stack.project.phoenixWith(
      environment,
      "preview",
      "--stack",
      "home",
      "--engine",
      "lab",
    );
    assert.equal(preview.code, 0, preview.stdout + preview.stderr);
    assert.match(preview.stdout, /host-setup-packages .*create/);
  });

  test("what is there is never overwritten", async () => {
    const before = readFileSync(stack.project.path("Pulumi.home.yaml"), "utf8");
    const again = await init("--fingerprint", right, "--api-insecure");
    assert.equal(again.code, 1);
    assert.match(again.stderr, /^Stack "home" exists and says otherwise; nothing was changed:\n/);
    const beside = await stack.project.phoenix("init", "--stack", "dev", "--lab");
    assert.match(
      beside.stderr,
      /^environments\/dev has a stack's files already, and nothing is overwritten\./m,
    );
    assert.equal(beside.code, 1);
    assert.equal(readFileSync(stack.project.path("Pulumi.home.yaml"), "utf8"), before);
  });

  test("on a terminal it asks for what no flag says, and the password is not shown", async () => {
    const line = `bin/phoenix init --stack asked --engine lab --api-insecure --api-endpoint ${info.api.endpoint}`;
    const { child, finished } = stack.project.start(
      "timeout",
      ["60", "script", "-qefc", line, "/dev/null"],
      environment,
    );
    const answers = [
      ["Name or address of the Proxmox VE host", info.ssh.host],
      ["SSH port [22]", String(info.ssh.port)],
      ["SSH user [root]", ""],
      ["Private key for SSH", info.ssh.privateKeyFile],
      ["Is it the same? [yes/no]", "yes"],
      ["Password of root@pam for the API", info.api.password],
    ];
    let said = "";
    child.stdout.on("data", (data: Buffer) => {
      said += data.toString();
      const [next] = answers;
      if (next === undefined || !said.includes(next[0]!)) return;
      answers.shift();
      child.stdin.write(`${next[1]}\n`);
    });
    const { code, stdout } = await finished;
    assert.equal(code, 0, stdout);
    assert.deepEqual(answers, []);
    assert.ok(stdout.includes(`127.0.0.1 shows the host key ${right}.`));
    assert.match(stdout, /Stack asked is ready and selected/);
    assert.ok(!stdout.includes(info.api.password));
    assert.ok(existsSync(stack.project.path("environments", "asked", "phoenix_lxc_configs.json")));
  });
});
