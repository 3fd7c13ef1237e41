import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { launcher, repository } from "./project";

const judge = join(repository, "..", "shared", "conformance", "run.py");
const hasPython = spawnSync("python3", ["--version"]).status === 0;
const missing = !existsSync(judge)
  ? "../shared/conformance is not here"
  : hasPython
    ? false
    : "python3 is not installed";

test("every recorded scenario of the real engine comes out the same", { skip: missing }, () => {
  const run = spawnSync(
    "python3",
    [judge, "--pulumi", launcher, "--modules", join(repository, "node_modules")],
    {
      encoding: "utf8",
      env: {
        ...process.env,
        // The scenarios' programs need no check of types in each of their runs.
        PULUMI_NODEJS_TRANSPILE_ONLY: "true",
        LAB_PUBLIC_PASSPHRASE: "conformance",
      },
    },
  );
  assert.match(run.stdout, /^10 passed, 0 failed$/m, run.stdout + run.stderr);
  assert.equal(run.status, 0);
});
