"use strict";
// npm test [-- PATH…]: all tests of the product and the lab, or those whose path contains one of the words.
const { spawnSync } = require("node:child_process");
const { readdirSync } = require("node:fs");
const { join, relative } = require("node:path");
const { bootstrap, root } = require("./bootstrap");

/** Every *.test.ts below a folder, sorted. */
function testFiles(folder) {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".test.ts"))
    .map((entry) => relative(root, join(entry.parentPath ?? entry.path, entry.name)))
    .sort();
}

/** Files that take minutes, by a part of their path: the last one to begin is not to be a long one. */
const long = [
  "tests/whole/",
  "lab/tests/engine/conformance",
  "lab/tests/pve/replay",
  "tests/cli/",
  "lab/tests/engine/",
];

function longestFirst(names) {
  const rank = (name) => {
    const at = long.findIndex((part) => name.includes(part));
    return at < 0 ? long.length : at;
  };
  return [...names].sort((one, other) => rank(one) - rank(other));
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
  ["--require", join(__dirname, "typescript.js"), join(__dirname, "run-tests.js"), ...longestFirst(files)],
  { cwd: root, stdio: "inherit" },
);
process.exit(run.status ?? 1);
