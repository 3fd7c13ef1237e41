import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { launcher } from "./project";
import { WorldProject } from "./world";

const PROGRAM = (value: number): string => `
  thing("a", { value: ${value}, list: ["x", { deep: ${value} }] });
  exports.seen = ${value};
  exports.shut = pulumi.secret("s3cret");
`;

test("a plan and its outputs are told as Pulumi tells them; a plan without a change tells no outputs", (t) => {
  const project = new WorldProject(t, PROGRAM(1));
  const first = project.must("preview", "--diff");
  assert.match(first, /^ {8}list {3}: \[\n {12}\[0\]: "x"\n {12}\[1\]: \{\n {16}deep: 1\n {12}\}\n {8}\]$/m);
  assert.match(first, /^Outputs:\n {4}seen: 1\n {4}shut: \[secret\]\n\nResources:\n {4}\+ 2 to create$/m);
  assert.equal(project.up().status, 0);
  assert.doesNotMatch(project.must("preview"), /Outputs:/);

  project.things(PROGRAM(2));
  const second = project.up("--diff");
  assert.match(second.stdout, /^ {6}~ value: 1 => 2$/m);
  assert.match(second.stdout, /^ {2}~ seen: 1 => 2\n {4}shut: \[secret\]$/m);
  assert.match(second.stdout, /^Resources:\n {4}~ 1 updated\n {4}1 unchanged\n\nDuration: \d+s$/m);
  assert.doesNotMatch(first + second.stdout, /s3cret/);
});

test("with --json each event of a run is a line, and nothing else is printed", (t) => {
  const project = new WorldProject(t, PROGRAM(1));
  for (const command of ["up", "refresh", "destroy"]) {
    const run = project.pulumi(command, "--yes", "--json", "--non-interactive");
    assert.equal(run.status, 0, run.stderr);
    const events = run.stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as { summaryEvent?: { result: string } });
    assert.equal(events.at(-1)?.summaryEvent?.result, "succeeded", command);
    assert.doesNotMatch(run.stdout, /s3cret/);
  }
});

const hasScript = spawnSync("script", ["--version"]).status === 0;

test(
  "on a terminal the tree is drawn anew while it runs, with elapsed times",
  { skip: hasScript ? false : "script (util-linux) is not installed" },
  (t) => {
    const project = new WorldProject(t, PROGRAM(1));
    project.program('new local.Command("slow", { create: "sleep 1.5" });');
    const run = spawnSync("script", ["-qec", `${launcher} up --yes --skip-preview`, "/dev/null"], {
      cwd: project.folder,
      env: project.environment,
      encoding: "utf8",
      input: "",
    });
    assert.equal(run.status, 0, run.stdout);
    // Up some lines, and everything below wiped.
    const frames = run.stdout.split("\u001b[0J").filter((frame) => frame.includes("slow"));
    assert.ok(frames.length > 5, `${frames.length} frames`);
    assert.ok(run.stdout.includes("A\u001b[0J"), "no frame goes back up over the one before");
    assert.ok(
      frames.some((frame) => /command:local:Command slow {2}creating \(1s\)/.test(frame)),
      run.stdout,
    );
    assert.match(frames.at(-1) ?? "", / \+ {2,}command:local:Command slow {2}created \(\ds\)/);
  },
);
