import assert from "node:assert/strict";
import { test } from "node:test";
import { TestProject } from "./project";

const PROGRAM = `
const a = new local.Command("a", { create: "cat", stdin: config.requireSecret("password") }, { additionalSecretOutputs: ["stdout"] });
new local.Command("b", { create: pulumi.interpolate\`test -n '\${a.stdout}'\` }, { dependsOn: a });
exports.said = a.stdout;
`;

test("a renamed stack goes on where it was: no change, its secrets, its history, its tags", (t) => {
  const project = new TestProject(t, PROGRAM);
  project.must("stack", "init", "dev");
  project.must("config", "set", "--secret", "password", "correct horse");
  project.must("stack", "tag", "set", "area", "lab");
  assert.equal(project.up("--message", "first").status, 0);

  project.must("stack", "init", "taken", "--no-select");
  const taken = project.pulumi("stack", "rename", "taken");
  assert.equal(taken.stderr, "error: a stack named taken already exists\n");

  assert.equal(project.must("stack", "rename", "lab"), "Renamed dev to lab\n");
  assert.equal(project.must("stack", "--show-name"), "lab\n");
  const urns = project.state().resources.map((r) => r.urn);
  assert.deepEqual(
    urns.filter((urn) => !urn.startsWith("urn:pulumi:lab::demo::")),
    [],
  );
  assert.equal(urns[0], "urn:pulumi:lab::demo::pulumi:pulumi:Stack::demo-lab");
  assert.equal(project.up("--expect-no-changes").status, 0);
  assert.equal(project.must("stack", "output", "said", "--show-secrets"), "correct horse\n");
  assert.equal(project.must("stack", "tag", "get", "area"), "lab\n");
  assert.throws(() => project.read("Pulumi.dev.yaml"), /ENOENT/);

  const history = (...flags: string[]): { message: string; config: Record<string, { value: string }> }[] =>
    JSON.parse(project.must("stack", "history", "--json", ...flags)) as never;
  assert.deepEqual(
    history().map((u) => [u.message, u.config["demo:password"]?.value]),
    [
      ["", "[secret]"],
      ["first", "[secret]"],
    ],
  );
  assert.equal(history("--show-secrets")[1]?.config["demo:password"]?.value, "correct horse");
});

test("tags are listed in order, and one that is not there is named", (t) => {
  const project = new TestProject(t, "");
  project.must("stack", "init", "dev");
  project.must("stack", "tag", "set", "b", "2");
  project.must("stack", "tag", "set", "a", "1");
  assert.equal(project.must("stack", "tag", "ls"), "NAME  VALUE\na     1\nb     2\n");
  assert.equal(
    project.read("state/.pulumi/stacks/demo/dev.pulumi-tags"),
    '{"version":1,"tags":{"b":"2","a":"1"}}',
  );
  project.must("stack", "tag", "rm", "a");
  const gone = project.pulumi("stack", "tag", "get", "a");
  assert.deepEqual([gone.status, gone.stderr], [1, "error: stack tag 'a' not found for stack 'dev'\n"]);
});

test("what the help lists exists, and a flag of Pulumi's that would have no effect is refused by name", (t) => {
  const project = new TestProject(t, "");
  const help = project.must("help");
  assert.doesNotMatch(help, /\binstall\b|\|refresh/);
  const groups = [...help.matchAll(/^ {2}(stack tag|stack|config|state) \[?([a-z|-]+)\]?/gm)];
  assert.equal(groups.length, 4);
  for (const [, group = "", words = ""] of groups) {
    for (const word of words.split("|")) {
      const run = project.pulumi(...group.split(" "), word, "--help");
      assert.equal(run.status, 0, `${group} ${word}: ${run.stderr}`);
    }
  }
  for (const [args, flag, command] of [
    [["up", "--yes", "--verbose=9"], "verbose", "up"],
    [["preview", "--config", "a=b"], "config", "preview"],
    [["refresh", "--yes", "--run-program"], "run-program", "refresh"],
    [["stack", "ls", "--all"], "all", "stack ls"],
  ] as const) {
    const run = project.pulumi(...args);
    assert.equal(run.status, 1);
    assert.equal(
      run.stderr,
      `error: the flag --${flag} of \`pulumi ${command}\` is not supported by this engine\n`,
    );
  }
});
