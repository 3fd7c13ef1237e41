"use strict";
// Which tests there are, and which of them may share a process.
const { existsSync, readdirSync, readFileSync } = require("node:fs");
const { dirname, join, relative, resolve } = require("node:path");
const { root } = require("../bootstrap");

const folders = [join(root, "tests"), join(root, "lab", "tests")];

/** Every *.test.ts of the product and the lab, sorted. */
function testFiles() {
  return folders
    .flatMap((folder) =>
      readdirSync(folder, { withFileTypes: true, recursive: true })
        .filter((entry) => entry.isFile() && entry.name.endsWith(".test.ts"))
        .map((entry) => relative(root, join(entry.parentPath ?? entry.path, entry.name))),
    )
    .sort();
}

/** What keeps a file out of a process that others use: it starts programs or a lab, or touches what is the process's. */
const needsOwnProcess =
  /["']node:child_process["']|\/host\/(?:control|launch)["']|\bprocess\.(?:chdir|env|exit|exitCode|umask)\b/;

/** The files of the tests that one imports. What it imports of the product and of the lab is not looked at. */
function helpersOf(file, text) {
  return [...text.matchAll(/\b(?:from|import|require)\b\s*\(?\s*["'](\.[^"']*)["']/g)]
    .map(([, name]) => `${resolve(dirname(file), name)}.ts`)
    .filter((helper) => folders.some((folder) => helper.startsWith(join(folder, "/"))) && existsSync(helper));
}

/** Whether a test file, by its text and that of the helpers it imports, may share its process with others. */
function sharesProcess(file) {
  const seen = new Set();
  const shares = (path) => {
    if (seen.has(path)) return true;
    seen.add(path);
    const text = readFileSync(path, "utf8");
    return !needsOwnProcess.test(text) && helpersOf(path, text).every(shares);
  };
  return shares(resolve(root, file));
}

module.exports = { sharesProcess, testFiles };
