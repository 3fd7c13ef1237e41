"use strict";
// What is run as one process: a test file, or several files that may share a process.
const { spawn } = require("node:child_process");
const { mkdirSync, readFileSync, writeFileSync } = require("node:fs");
const { join } = require("node:path");
const { root } = require("../bootstrap");
const { sharesProcess } = require("./files");

/** A process for fewer files than these is not worth its start. */
const FILES_WORTH_A_PROCESS = 5;

/**
 * Distributes the files over processes, those that take longest first.
 * @param expected gives the seconds that a file is expected to take
 * @param processes how many may share the files that share one
 */
function unitsOf(files, expected, processes) {
  const bySeconds = (units) => units.sort((one, other) => other.seconds - one.seconds);
  const alone = [];
  const sharing = [];
  for (const file of files)
    (sharesProcess(file) ? sharing : alone).push({ files: [file], seconds: expected(file) });
  const wanted = Math.min(processes, Math.ceil(sharing.length / FILES_WORTH_A_PROCESS));
  const shared = Array.from({ length: wanted }, () => ({ files: [], seconds: 0 }));
  for (const {
    files: [file],
    seconds,
  } of bySeconds(sharing)) {
    const least = shared.reduce((one, other) => (other.seconds < one.seconds ? other : one));
    least.files.push(file);
    least.seconds += seconds;
  }
  return bySeconds([...alone, ...shared]);
}

/** The file that the process of a unit runs. */
function entryOf({ files }, scratch, number) {
  if (files.length === 1) return files[0];
  const entry = join(scratch, `together-${number}.js`);
  const runner = join(__dirname, "together");
  writeFileSync(entry, `require(${JSON.stringify(runner)}).runTogether(${JSON.stringify(files)});\n`);
  return entry;
}

/** What scripts/testing/outcome.js found, and as a failure what it cannot have seen. */
function outcomeOf(file, code, signal) {
  let outcome = { passed: 0, failed: 0, skipped: [], suites: {} };
  try {
    outcome = JSON.parse(readFileSync(file, "utf8"));
  } catch {
    // The process ended before it could say anything.
  }
  const { passed, failed, skipped } = outcome;
  if (failed > 0) return outcome;
  if (code !== 0) return { ...outcome, failed: 1, why: `it ended with ${signal ?? `exit code ${code}`}` };
  if (passed + skipped.length === 0)
    return { ...outcome, failed: 1, why: "it ended without a result of any test" };
  return outcome;
}

/**
 * Starts a unit's process.
 * @param write takes what it prints, as it comes
 * @returns the process, and what came out of it once it has ended
 */
function startUnit(unit, { number, scratch, write }) {
  mkdirSync(scratch, { recursive: true });
  const result = join(scratch, `${number}.json`);
  const reporters = [
    ...["--test-reporter=spec", "--test-reporter-destination=stdout"],
    ...[`--test-reporter=${join(__dirname, "outcome.js")}`, `--test-reporter-destination=${result}`],
  ];
  const entry = entryOf(unit, scratch, number);
  const began = Date.now();
  const child = spawn(
    process.execPath,
    ["--require", "./scripts/typescript.js", ...reporters, entry],
    // Nothing that a test starts may wait for the terminal.
    { cwd: root, stdio: ["ignore", "pipe", "pipe"] },
  );
  child.stdout.setEncoding("utf8").on("data", write);
  child.stderr.setEncoding("utf8").on("data", write);
  const ended = new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) =>
      resolve({ seconds: (Date.now() - began) / 1000, ...outcomeOf(result, code, signal) }),
    );
  });
  return { child, ended };
}

module.exports = { startUnit, unitsOf };
