import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, relative } from "node:path";
import { after, test } from "node:test";
import { repository } from "../helpers/repository";
import { scratch } from "../helpers/scratch";

const { ShellCheck, shellFiles } = createRequire(__filename)("../../scripts/shellcheck") as {
  ShellCheck: new (root?: string) => {
    isInstalled: boolean;
    findings(file: string): string;
    save(): void;
  };
  shellFiles: () => string[];
};

const check = new ShellCheck();
const skip = !check.isInstalled && "shellcheck is not installed (.ci/run installs it)";
after(() => check.save());

for (const file of shellFiles()) {
  const name = relative(repository, file);
  test(`bash parses ${name}`, () => {
    const { status, stderr } = spawnSync("bash", ["-n", file], { encoding: "utf8" });
    assert.equal(status, 0, stderr);
  });
  test(`shellcheck finds nothing in ${name}`, { skip }, () => {
    assert.equal(check.findings(file), "");
  });
}

test("a file is checked again when it, or what it sources, has changed", { skip }, () => {
  const root = scratch();
  mkdirSync(join(root, "scripts"));
  const script = join(root, "scripts", "script.sh");
  const write = (name: string, text: string) =>
    writeFileSync(join(root, "scripts", name), `#!/bin/bash\n${text}`);
  const look = () => {
    const found = new ShellCheck(root);
    const text = found.findings(script);
    found.save();
    return text;
  };
  write("shared.sh", "what=all\n");
  write("script.sh", '. scripts/shared.sh\necho "$what"\n');
  assert.equal(look(), "");
  assert.equal(look(), "");
  write("shared.sh", "which=all\n");
  assert.match(look(), /what is referenced but not assigned.*SC2154/s);
  write("shared.sh", "what=all\n");
  assert.equal(look(), "");
  write("script.sh", ". scripts/shared.sh\necho $1\n");
  assert.match(look(), /SC2086/);
});
