import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { repository } from "../helpers/repository";

const folder = mkdtempSync(join(tmpdir(), "phoenix-reader-"));
after(() => rmSync(folder, { recursive: true }));

/** Runs a command whose standard output, or also its standard error, nobody reads any more. */
function withoutReader(command: string, redirection: string) {
  const { status, stderr } = spawnSync("bash", ["-c", `exec 3> >(:); wait $!; ${command} ${redirection}`], {
    cwd: folder,
    encoding: "utf8",
    env: { ...process.env, PULUMI_CONFIG_PASSPHRASE: "x", PULUMI_BACKEND_URL: `file://${folder}` },
  });
  return { status, stderr };
}

for (const program of ["bin/phoenix", "lab/bin/pulumi", "lab/bin/lab"]) {
  test(`${program} does not fail because nobody reads what it prints`, () => {
    const file = join(repository, program);
    assert.deepEqual(withoutReader(`${file} --help`, ">&3"), { status: 0, stderr: "" });
    assert.deepEqual(withoutReader(`${file} nosuch`, ">&3 2>&3").stderr, "");
  });
}

test("an update that nobody watches is finished and its state written", () => {
  writeFileSync(join(folder, "Pulumi.yaml"), "name: demo\nruntime: nodejs\n");
  writeFileSync(join(folder, "package.json"), "{}");
  symlinkSync(join(repository, "node_modules"), join(folder, "node_modules"));
  writeFileSync(
    join(folder, "index.js"),
    `const pulumi = require("@pulumi/pulumi");
     for (let number = 0; number < 50; number++) new pulumi.ComponentResource("demo:index:Part", "part-" + number);
     exports.count = 50;`,
  );
  const pulumi = join(repository, "lab", "bin", "pulumi");
  assert.equal(withoutReader(`${pulumi} stack init dev`, ">&3 2>&3").status, 0);
  assert.equal(withoutReader(`${pulumi} up --yes --stack dev`, ">&3 2>&3").status, 0);
  const state = readFileSync(join(folder, ".pulumi", "stacks", "demo", "dev.json"), "utf8");
  assert.equal(state.match(/"type":\s*"demo:index:Part"/g)?.length, 50);
});
