import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { test } from "node:test";
import { repository } from "../helpers/repository";

/** Every shell file of the repository, but for what is generated or fetched. */
function shellFiles(): string[] {
  const skipped = /^(node_modules|\.git|\.lab|\.phoenix)(\/|$)/;
  const walk = (folder: string): string[] =>
    readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
      const path = join(folder, entry.name);
      if (skipped.test(relative(repository, path))) return [];
      if (entry.isDirectory()) return walk(path);
      return entry.isFile() && entry.name.endsWith(".sh") ? [path] : [];
    });
  return [...walk(repository), join(repository, ".ci", "run")];
}

const missing = spawnSync("shellcheck", ["--version"]).status !== 0;

for (const file of shellFiles()) {
  const name = relative(repository, file);
  test(`bash parses ${name}`, () => {
    const { status, stderr } = spawnSync("bash", ["-n", file], { encoding: "utf8" });
    assert.equal(status, 0, stderr);
  });
  test(
    `shellcheck finds nothing in ${name}`,
    { skip: missing && "shellcheck is not installed (.ci/run installs it)" },
    () => {
      // A prelude is put before the script at run time; alone it has no first line.
      const shell = readFileSync(file, "utf8").startsWith("#!") ? [] : ["--shell=bash"];
      const { status, stdout } = spawnSync("shellcheck", ["--external-sources", ...shell, file], {
        encoding: "utf8",
      });
      assert.equal(status, 0, stdout);
    },
  );
}
