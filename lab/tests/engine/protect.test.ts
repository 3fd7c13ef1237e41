import assert from "node:assert/strict";
import { test } from "node:test";
import { TestProject } from "./project";

const URN = "urn:pulumi:dev::demo::command:local:Command::pool";
const PROGRAM = `new local.Command("pool", { create: "echo pool", triggers: [config.get("generation")] }, { protect: true });`;

test("a protected resource is neither deleted nor replaced until it is unprotected in the state", (t) => {
  const project = new TestProject(t, PROGRAM);
  project.must("stack", "init", "dev");
  project.must("config", "set", "generation", "1");
  assert.equal(project.up().status, 0);

  const destroyed = project.pulumi("destroy", "--yes", "--skip-preview");
  assert.equal(destroyed.status, 1);
  assert.ok(
    destroyed.stdout.includes(
      `    error: resource "${URN}" cannot be deleted\n` +
        "    because it is protected. To unprotect the resource, either remove the `protect` flag from the resource in " +
        "your Pulumi program and run `pulumi up`, or use the command:\n" +
        `    \`pulumi state unprotect '${URN}'\``,
    ),
    destroyed.stdout,
  );
  assert.deepEqual(project.names(), ["pool"]);

  project.must("config", "set", "generation", "2");
  const replaced = project.up();
  assert.equal(replaced.status, 1);
  assert.ok(
    replaced.stdout.includes(
      `    error: unable to replace resource "${URN}"\n` +
        "    as it is currently marked for protection. To unprotect the resource, remove the `protect` flag from the " +
        "resource in your Pulumi program and run `pulumi up`",
    ),
    replaced.stdout,
  );
  const [kept] = project.state().resources.filter((r) => r.urn === URN);
  assert.deepEqual(kept?.inputs?.["triggers"], ["1"]);

  assert.equal(project.must("state", "unprotect", URN, "--yes"), "Resource unprotected\n");
  project.must("destroy", "--yes", "--skip-preview");
  assert.deepEqual(project.state().resources, []);
});

test("state unprotect names a resource that is not there, and asks for --yes", (t) => {
  const project = new TestProject(t, PROGRAM);
  project.must("stack", "init", "dev");
  project.must("config", "set", "generation", "1");
  assert.equal(project.up().status, 0);
  const unknown = project.pulumi("state", "unprotect", `${URN}-x`, "--yes");
  assert.match(
    unknown.stderr,
    new RegExp(`^error: No such resource "${URN}-x" exists in the current state\n`),
  );
  assert.equal(unknown.status, 1);
  const unasked = project.pulumi("state", "unprotect", "--all");
  assert.equal(unasked.stderr, "error: non-interactive mode requires --yes flag\n");
  assert.equal(project.must("state", "unprotect", "--all", "--yes"), "All resources unprotected\n");
  assert.equal(
    project.state().resources.some((r) => r["protect"]),
    false,
  );
});
