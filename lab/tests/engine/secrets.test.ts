import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { TestProject } from "./project";

const PROGRAM = `
const password = config.requireSecret("password");
const user = new local.Command("user", { create: "cat", stdin: password }, { additionalSecretOutputs: ["stdout"] });
exports.echoed = user.stdout;
`;

test("a secret is in clear nowhere: not in the stack's file, the state, the history or what is printed", (t) => {
  const project = new TestProject(t, PROGRAM);
  project.must("stack", "init", "dev");
  project.must("config", "set", "--secret", "password", "correct horse");
  const run = project.up("--diff");
  assert.equal(run.status, 0, run.stdout + run.stderr);
  const shown: unknown = JSON.parse(project.must("stack", "output", "--json", "--show-secrets"));
  assert.deepEqual(shown, { echoed: "correct horse" });
  assert.equal(project.must("stack", "output", "echoed"), "[secret]\n");
  assert.match(run.stdout, /^ {4}echoed: \[secret\]$/m);
  assert.equal(run.stdout.includes("correct horse"), false);
  const { stdout: found } = spawnGrep(project.folder, "correct horse");
  assert.equal(found, "");
});

test("no level of logging tells a secret: of the configuration, of the program, of a resource's answer or the last state", (t) => {
  const program = (own: string) => `
    const own = pulumi.secret("${own}");
    const key = pulumi.secret("-----BEGIN KEY-----\\nc2VjcmV0IGtleSBsaW5lIG9uZQ\\n-----END KEY-----\\n");
    const { password } = config.requireObject("login");
    const user = new local.Command("user", {
      create: "cat; echo said $OWN >&2",
      stdin: pulumi.secret(password), environment: { OWN: own, KEY: key, LOGIN: config.requireSecret("plain") },
    }, { additionalSecretOutputs: ["stdout", "stderr"] });
    pulumi.log.debug("debugging " + config.get("plain"));
    console.log("printing", password);
    exports.own = own;
  `;
  const project = new TestProject(t, program("first own"));
  project.must("stack", "init", "dev");
  project.must("config", "set", "--secret", "plain", "correct horse");
  project.must("config", "set", "--secret", "--path", "login.password", "battery staple");
  const secrets = [
    "correct horse",
    "battery staple",
    "first own",
    "second own",
    "c2VjcmV0IGtleSBsaW5lIG9uZQ",
  ];
  const run = (...args: string[]) => {
    const { status, stdout, stderr } = project.pulumi(
      ...args,
      "--debug",
      "--event-log",
      project.path("events"),
    );
    assert.equal(status, 0, stdout + stderr);
    const told = stdout + stderr + project.read("events");
    for (const secret of secrets)
      assert.equal(told.includes(secret), false, `${args.join(" ")} tells ${secret}`);
    return told;
  };
  const told = run("up", "--yes", "--skip-preview", "--diff");
  assert.match(told, /RegisterResource RPC finished: resource:user/);
  assert.match(told, /debugging \[secret\]/);
  assert.match(told, /printing \[secret\]/);
  project.program(program("second own"));
  run("preview", "--json");
  run("up", "--yes", "--skip-preview", "--show-sames");
  run("refresh", "--yes", "--skip-preview");
  run("destroy", "--yes", "--skip-preview");
});

function spawnGrep(folder: string, text: string): { stdout: string } {
  const run = spawnSync("grep", ["-rl", text, "state", "home", "Pulumi.dev.yaml"], {
    cwd: folder,
    encoding: "utf8",
  });
  return { stdout: run.stdout };
}

test("a wrong passphrase is refused before anything runs", (t) => {
  const project = new TestProject(t, PROGRAM + '\nrequire("fs").writeFileSync("ran", "");');
  project.must("stack", "init", "dev");
  project.must("config", "set", "--secret", "password", "correct horse");
  project.environment["PULUMI_CONFIG_PASSPHRASE"] = "wrong";
  for (const args of [
    ["up", "--yes", "--skip-preview"],
    ["preview"],
    ["refresh", "--yes"],
    ["destroy", "--yes"],
  ]) {
    const run = project.pulumi(...args);
    assert.deepEqual(
      [run.status, run.stdout, run.stderr],
      [1, "", "error: getting stack configuration: get stack secrets manager: incorrect passphrase\n"],
      args.join(" "),
    );
  }
  assert.throws(() => project.read("ran"), /ENOENT/);
});

test("the passphrase may stand in a file; without one the variables are named", (t) => {
  const project = new TestProject(t, PROGRAM);
  project.write("passphrase", "test\n");
  project.must("stack", "init", "dev");
  delete project.environment["PULUMI_CONFIG_PASSPHRASE"];
  const without = project.pulumi("config", "set", "--secret", "password", "x");
  assert.equal(
    without.stderr,
    "error: passphrase must be set with PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE environment variables\n",
  );
  project.environment["PULUMI_CONFIG_PASSPHRASE_FILE"] = project.path("passphrase");
  project.must("config", "set", "--secret", "password", "from file");
  assert.equal(project.must("config", "get", "password"), "from file\n");
});

test("a salt that is there is used, and the file then stays as it is; a change keeps comments", (t) => {
  const project = new TestProject(t, "");
  project.must("stack", "init", "dev");
  const [salt = ""] = project.read("Pulumi.dev.yaml").split("\n");
  assert.match(salt, /^encryptionsalt: v1:[A-Za-z0-9+/=]{12}:v1:[A-Za-z0-9+/=]{16}:[A-Za-z0-9+/=]{32}$/);
  project.must("stack", "rm", "--yes", "--preserve-config", "dev");
  const committed = `# the lab\n${salt}\nconfig:\n  # how many\n  demo:count:   "2" # guests\n  demo:list: [a, b]\n`;
  project.write("Pulumi.dev.yaml", committed);
  project.must("stack", "init", "dev");
  assert.equal(project.up().status, 0);
  assert.equal(project.read("Pulumi.dev.yaml"), committed);
  project.must("config", "set", "count", "3");
  project.must("config", "set", "--path", "list[1]", "c");
  assert.equal(
    project.read("Pulumi.dev.yaml"),
    `# the lab\n${salt}\nconfig:\n  # how many\n  demo:count: "3" # guests\n  demo:list: [a, c]\n`,
  );
});
