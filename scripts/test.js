"use strict";
// npm test [-- PATH…]: all tests of the product and the lab, or those whose path contains one of the words.
const { spawnSync } = require("node:child_process");
const { readdirSync } = require("node:fs");
const { availableParallelism } = require("node:os");
const { join, relative } = require("node:path");
const { bootstrap, root } = require("./bootstrap");

/** Every *.test.ts below a folder, sorted. */
function testFiles(folder) {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".test.ts"))
    .map((entry) => relative(root, join(entry.parentPath ?? entry.path, entry.name)))
    .sort();
}

bootstrap();
const words = process.argv.slice(2);
const files = [...testFiles(join(root, "tests")), ...testFiles(join(root, "lab", "tests"))].filter(
  (file) => words.length === 0 || words.some((word) => file.includes(word)),
);
if (files.length === 0) {
  process.stderr.write(`No test file matches ${words.join(", ")}.\n`);
  process.exit(1);
}
const run = spawnSync(
  process.execPath,
  [
    ...["--require", "./scripts/typescript.js", "--test", `--test-concurrency=${availableParallelism() + 1}`],
    ...["--test-reporter=spec", "--test-reporter-destination=stdout"],
    ...["--test-reporter=./scripts/summary.js", "--test-reporter-destination=stdout"],
    ...files,
  ],
  { cwd: root, stdio: "inherit" },
);
process.exit(run.status ?? 1);
