import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { after, test } from "node:test";
import { parse } from "yaml";
import { Project } from "../helpers/project";

const project = new Project();
after(() => project.remove());

const env = { PATH: project.narrowPath({ fakePulumi: false }) };
const files = [
  ...["--hypervisor-config", "environments/dev/phoenix_hypervisor_config.json"],
  ...["--lxc-configs", "environments/dev/phoenix_lxc_configs.json"],
];
const stackYaml = (stack: string) => readFileSync(project.path(`Pulumi.${stack}.yaml`), "utf8");

test("init writes the stack's settings and selects it; the same again changes nothing", async () => {
  const made = await project.phoenixWith(env, "init", "--stack", "mine", ...files);
  assert.equal(made.code, 0, made.stderr);
  assert.match(
    made.stderr,
    /\nStack mine is ready and selected \(Pulumi\.mine\.yaml\)\. Next: phoenix preview\n$/,
  );
  const written = stackYaml("mine");
  assert.deepEqual((parse(written) as { config: unknown }).config, {
    "phoenix:hypervisorConfig": "environments/dev/phoenix_hypervisor_config.json",
    "phoenix:lxcConfigs": "environments/dev/phoenix_lxc_configs.json",
  });
  assert.equal(readFileSync(project.path(".phoenix", "stack"), "utf8"), "mine\n");

  const again = await project.phoenixWith(env, "init", "--stack", "mine", ...files);
  assert.equal(again.code, 0, again.stderr);
  assert.equal(stackYaml("mine"), written);

  const output = await project.phoenixWith(env, "output");
  assert.match(output.stderr, /^stack mine · engine lab · host lab \(not contacted\)$/m);
});

test("init refuses to change what a stack says", async () => {
  const before = stackYaml("dev");
  const { code, stderr } = await project.phoenixWith(
    env,
    ...["init", "--stack", "dev", ...files],
    ...["--address", "192.0.2.10", "--host-key", "ssh-ed25519 AAAA"],
  );
  assert.equal(code, 1);
  assert.equal(
    stderr,
    `Stack "dev" exists and says otherwise; nothing was changed:
  phoenix:address: (not set), asked for: 192.0.2.10
  phoenix:hostKey: (not set), asked for: ssh-ed25519 AAAA
Take another name, or change it with \`pulumi config set --stack dev phoenix:KEY VALUE\`.
`,
  );
  assert.equal(stackYaml("dev"), before);
});

test("a mistake in the files is told in full and nothing is written", async () => {
  writeFileSync(project.path("broken.json"), '{"lxc_configs": {"900": {"name": ""}}}');
  const { code, stderr } = await project.phoenixWith(
    env,
    ...["init", "--stack", "broken", "--lxc-configs", "broken.json"],
    ...["--hypervisor-config", "environments/dev/phoenix_hypervisor_config.json"],
  );
  assert.equal(code, 1);
  assert.match(stderr, /^broken\.json: lxc_configs\.900\.name: /m);
  assert.equal(existsSync(project.path("Pulumi.broken.yaml")), false);
});

test("what makes no sense is refused before anything is contacted", async () => {
  const refused = async (message: string, ...args: string[]) => {
    const { code, stderr } = await project.phoenixWith(env, "init", "--stack", "h", ...args);
    assert.deepEqual([code, stderr], [2, message]);
  };
  await refused("--node without --address: which host?\n", ...files, "--node", "pve");
  await refused(
    "--no-connect with --address needs --host-key.\n",
    ...[...files, "--address", "192.0.2.10", "--no-connect"],
  );
  await refused(
    "--private-key-file: there is no file nosuch.\n",
    ...[...files, "--address", "192.0.2.10", "--private-key-file", "nosuch"],
  );
  await refused(
    "--hypervisor-config and --lxc-configs belong together: --lxc-configs is missing.\n",
    ...files.slice(0, 2),
  );
  assert.equal(existsSync(project.path("Pulumi.h.yaml")), false);
  assert.equal(existsSync(project.path("environments", "h")), false);
});

test("a host's stack gets every setting, and its API password is left to a secret", async () => {
  writeFileSync(project.path("id_ed25519"), "");
  const { code, stderr } = await project.phoenixWith(
    { ...env, PULUMI_CONFIG_PASSPHRASE: "mine" },
    ...["init", "--engine", "lab", "--stack", "host", ...files, "--no-connect"],
    ...["--address", "192.0.2.10", "--port", "2022"],
    ...["--user", "root", "--host-key", "ssh-ed25519 AAAA", "--private-key-file", project.path("id_ed25519")],
    ...[
      "--api-endpoint",
      "https://192.0.2.10:8006/",
      "--api-user",
      "root@pam",
      "--api-insecure",
      "--node",
      "pve",
    ],
  );
  assert.equal(code, 0, stderr);
  assert.deepEqual((parse(stackYaml("host")) as { config: unknown }).config, {
    "phoenix:hypervisorConfig": "environments/dev/phoenix_hypervisor_config.json",
    "phoenix:lxcConfigs": "environments/dev/phoenix_lxc_configs.json",
    "phoenix:address": "192.0.2.10",
    "phoenix:port": "2022",
    "phoenix:user": "root",
    "phoenix:hostKey": "ssh-ed25519 AAAA",
    "phoenix:privateKeyFile": "id_ed25519",
    "phoenix:apiEndpoint": "https://192.0.2.10:8006/",
    "phoenix:apiUser": "root@pam",
    "phoenix:apiInsecure": "true",
    "phoenix:nodeName": "pve",
  });
  assert.match(stderr, /pulumi config set --stack host --secret phoenix:apiPassword\n$/);
});
