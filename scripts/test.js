"use strict";
// npm test [-- [--profile] PATH…]: all tests of the product and the lab, or those whose path contains one of the
// words. docs/testing.md says how they are run.
const { mkdirSync, rmSync, writeFileSync } = require("node:fs");
const { availableParallelism } = require("node:os");
const { join } = require("node:path");
const { bootstrap, root } = require("./bootstrap");
const { testFiles } = require("./testing/files");
const { folderInMemory } = require("./testing/memory");
const { History } = require("./testing/history");
const { count, duration, Progress } = require("./testing/progress");
const { keepTables, profileTables } = require("./testing/profile");
const { startUnit, unitsOf } = require("./testing/units");

/** Tests wait for their labs, for SSH and for the disk a quarter of their time: two processes more than there are cores. */
const processes = availableParallelism() + 2;
const scratch = join(root, ".phoenix", `tests-${process.pid}`);

function readArguments(args) {
  const options = args.filter((arg) => arg.startsWith("-"));
  const unknown = options.filter((option) => option !== "--profile");
  if (unknown.length > 0) stop(`npm test does not know ${unknown.join(", ")}: there is only --profile.`);
  const words = args.filter((arg) => !options.includes(arg));
  const files = testFiles().filter((file) => words.length === 0 || words.some((word) => file.includes(word)));
  if (files.length === 0) stop(`No test file matches ${words.join(", ")}.`);
  return { files, isWhole: words.length === 0, profile: options.length > 0 };
}

function stop(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}

/** Runs all units, several at once, and gives what came out of each with what it printed. */
async function runAll(units, progress, printAll) {
  const waiting = [...units.entries()];
  const running = new Set();
  const results = [];
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"])
    process.once(signal, () => {
      for (const child of running) child.kill(signal);
      progress.end();
      process.exit(1);
    });
  const worker = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [number, unit] = next;
      let output = "";
      progress.started(unit);
      const { child, ended } = startUnit(unit, { number, scratch, write: (text) => (output += text) });
      running.add(child);
      const result = { unit, ...(await ended), output };
      running.delete(child);
      results.push(result);
      if (printAll) progress.print(output);
      progress.ended(unit, result);
      if (!printAll && result.failed > 0) progress.print(failuresOf(result));
    }
  };
  await Promise.all(Array.from({ length: processes }, worker));
  return results;
}

const headOf = ({ unit, why }) => `${unit.files.join(" ")}${why ? `: ${why}` : ""}`;

/** What the process of a unit said of its failures, or at last. */
function failuresOf(result) {
  const { output } = result;
  const [, told] = output.split(/^✖ failing tests:\n/m);
  const text = told ?? output.trimEnd().split("\n").slice(-40).join("\n");
  return `\n${headOf(result)}\n${text.trim()}\n\n`;
}

/** Seconds and tests of each file: of one that shared its process, those of its suite. */
const byFile = ({ unit, seconds, passed, failed, skipped, suites }) =>
  unit.files.length === 1
    ? [[unit.files[0], { seconds, tests: passed + failed + skipped.length }]]
    : unit.files.filter((file) => file in suites).map((file) => [file, suites[file]]);

/** What is read at the end: what was skipped and why, the slowest files, once more what failed, the numbers. */
function summarize(results, measured, isWhole) {
  const print = (text) => process.stdout.write(text);
  const skipped = results.flatMap((result) => result.skipped);
  for (const why of new Set(skipped.map((test) => test.why))) {
    const names = skipped.filter((test) => test.why === why).map(({ name }) => `  ${name}\n`);
    print(`skipped, ${why}:\n${names.join("")}`);
  }
  const slowest = measured.sort(([, one], [, other]) => other.seconds - one.seconds).slice(0, 10);
  if (measured.length > slowest.length) {
    const lines = slowest.map(([file, { seconds }]) => `${duration(seconds).padStart(14)}  ${file}\n`);
    print(`slowest of ${measured.length} files:\n${lines.join("")}`);
  }
  const bad = results.filter(({ failed }) => failed > 0);
  // With words, everything has been printed.
  const told = bad.map((result) => (isWhole ? failuresOf(result) : `  ${headOf(result)}\n`));
  if (bad.length > 0) print(`✖ failing tests:\n${told.join("")}`);
  const sum = (numbers) => numbers.reduce((one, other) => one + other, 0);
  const [passed, failed] = ["passed", "failed"].map((key) => sum(results.map((result) => result[key])));
  print(`${passed} passed, ${failed} failed, ${skipped.length} skipped\n`);
  return failed === 0;
}

async function main() {
  bootstrap();
  const { files, isWhole, profile } = readArguments(process.argv.slice(2));
  const history = new History();
  const units = unitsOf(files, (file) => history.seconds(file), availableParallelism());
  const inParallel = units.reduce((sum, unit) => sum + unit.seconds, 0) / processes;
  const seconds = Math.max(inParallel, ...units.map((unit) => unit.seconds));
  const tests = history.tests(files);
  process.stdout.write(
    `${count(files.length, "file")}${tests === undefined ? "" : ` with ${count(tests, "test")}`} in ` +
      `${count(units.length, "process", "processes")}, about ${duration(seconds)}\n`,
  );
  mkdirSync(scratch, { recursive: true });
  process.env.TMPDIR ??= folderInMemory();
  const cpuLog = join(root, ".phoenix", "cpu.jsonl");
  if (profile) {
    rmSync(cpuLog, { force: true });
    process.env.CPU_LOG = cpuLog;
  }
  const progress = new Progress(process.stdout, { files: files.length, seconds });
  const began = Date.now();
  const results = await runAll(units, progress, !isWhole);
  progress.end();
  rmSync(scratch, { recursive: true, force: true });
  const measured = results.flatMap(byFile);
  for (const [file, { seconds: taken, tests: found }] of measured) history.set(file, taken, found);
  history.save();
  writeFileSync(join(root, ".phoenix", "tests.log"), results.map(({ output }) => output).join("\n"));
  const passed = summarize(results, measured, isWhole);
  process.stdout.write(`${duration((Date.now() - began) / 1000)}\n`);
  if (profile) {
    const tables = profileTables(cpuLog);
    process.stdout.write(`\n${tables}\n`);
    if (isWhole) {
      keepTables(tables);
      history.saveForOthers(files);
    }
  }
  process.exit(passed ? 0 : 1);
}

void main();
