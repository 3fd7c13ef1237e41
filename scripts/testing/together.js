"use strict";
// Runs several test files in this process, one after the other, as a suite each. None may leave the process changed.
const { after, before, describe } = require("node:test");
const { resolve } = require("node:path");
const { root } = require("../bootstrap");
const { appendToLog } = require("./cpu");

/** What belongs to the process and not to a module: what a file could leave behind for the next. */
function processState() {
  const variables = Object.entries(process.env).map(([name, value]) => [
    `environment variable ${name}`,
    value,
  ]);
  return new Map([...variables, ["working folder", process.cwd()]]);
}

let last = processState();

/** @throws when the process is not as it was when this was called before */
function assertUntouched(who) {
  const now = processState();
  const changed = [...new Set([...last.keys(), ...now.keys()])].filter(
    (key) => last.get(key) !== now.get(key),
  );
  last = now;
  if (changed.length > 0)
    throw new Error(`${who} left changed what other files use too: ${changed.join(", ")}`);
}

const cpuMs = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

/** Declares the files' tests; each suite has its file's name. */
function runTogether(files) {
  for (const file of files) {
    describe(file, () => {
      const loading = cpuMs();
      let running;
      before(() => (running = cpuMs()));
      require(resolve(root, file));
      assertUntouched(`loading ${file}`);
      const loaded = cpuMs();
      after(() => {
        appendToLog({ kind: "part", file, selfMs: loaded - loading + cpuMs() - running });
        assertUntouched(file);
      });
    });
  }
}

module.exports = { runTogether };
