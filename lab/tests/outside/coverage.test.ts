import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { coverage, file } from "../../scripts/coverage";

test("lab/COVERAGE.md tells what the lab's tables hold", async () => {
  const committed = existsSync(file) ? readFileSync(file, "utf8") : "";
  const made = await coverage();
  const lines = new Set(committed.split("\n"));
  const missing = made.split("\n").filter((line) => !lines.has(line));
  assert.ok(
    made === committed,
    `run npx tsx lab/scripts/coverage.ts; new or different:\n${missing.join("\n")}`,
  );
});

test("it names every part of what the lab is", async () => {
  const made = await coverage();
  for (const line of [
    "- `pct status <vmid> [OPTIONS]`: `--verbose`",
    "- `POST /nodes/{node}/lxc/{vmid}/clone`",
    "- `zpool create",
    "- `pulumi up`",
    "`command:remote:Command`",
    "## What is not simulated",
  ]) {
    assert.ok(made.includes(line), line);
  }
});
