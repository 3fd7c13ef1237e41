"use strict";
// npm run mutate [-- [--in FOLDER] WORD…]: whether the tests find deliberate faults: all, or those whose name or file
// contains one of the words; in this project, or in another checkout of it. docs/testing.md
const { spawn } = require("node:child_process");
const fs = require("node:fs");
const { tmpdir } = require("node:os");
const { join, relative, resolve } = require("node:path");
const { setTimeout } = require("node:timers");
const { bootstrap, root } = require("./bootstrap");
const { mutatedText, readMutants } = require("./testing/mutants");
const { duration } = require("./testing/progress");

const NOT_COPIED = new Set([".git", ".lab", ".phoenix", "node_modules"]);
/** A fault may have a test wait for ever. */
const LONGEST_MS = 10 * 60_000;

const print = (text) => process.stdout.write(`${text}\n`);

function stop(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}

function readArguments(args) {
  const [option, folder, ...rest] = args;
  const [project, words] = option === "--in" ? [resolve(folder ?? "."), rest] : [root, args];
  const isAsked = ({ name, file }) => words.some((word) => name.includes(word) || file.includes(word));
  const mutants = readMutants().filter((mutant) => words.length === 0 || isAsked(mutant));
  if (mutants.length === 0) stop(`No fault has ${words.join(", ")} in its name or file.`);
  return { project, mutants };
}

/** A folder for the copies, one after the other: what is kept of their modules goes by the path. */
function makeFolder() {
  for (let n = 0; ; n++) {
    const folder = join(tmpdir(), `phoenix-mutant-${n}`);
    try {
      fs.mkdirSync(folder);
      return folder;
    } catch (error) {
      if (error.code !== "EEXIST") throw error;
    }
  }
}

function copyProject(project, copy) {
  fs.rmSync(copy, { recursive: true, force: true });
  const filter = (path) => !NOT_COPIED.has(relative(project, path).split("/")[0]);
  fs.cpSync(project, copy, { recursive: true, preserveTimestamps: true, filter });
  fs.symlinkSync(join(project, "node_modules"), join(copy, "node_modules"));
}

/** Undefined when the tests passed, or there are none of these words, else the first that failed. */
function failureOf(code, output) {
  if (code === 0 || output.startsWith("No test file matches ")) return undefined;
  const [, file, name] = /^test at (\S+?):\d+:\d+\n✖ (.+?)(?: \([\d.]+ms\))?$/m.exec(output) ?? [];
  return file === undefined ? output.trim().split("\n").at(-1).trim().slice(0, 100) : `${file}: ${name}`;
}

/** Runs the tests of a copy in a process group of their own, so that all of it can be ended. */
class Tests {
  #child;
  #signal;

  constructor() {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => this.#end(signal));
  }

  get isInterrupted() {
    return this.#signal !== undefined;
  }

  #end(signal) {
    this.#signal = signal;
    if (this.#child) process.kill(-this.#child.pid, signal);
  }

  run(copy, words) {
    // Not through a pipe, which whoever outlives the tests would keep open.
    const log = `${copy}.log`;
    const written = fs.openSync(log, "w");
    const child = spawn(process.execPath, ["scripts/test.js", ...words], {
      ...{ cwd: copy, detached: true, stdio: ["ignore", written, written] },
    });
    fs.closeSync(written);
    this.#child = child;
    let late = "";
    const timer = setTimeout(() => {
      late = `not ended after ${duration(LONGEST_MS / 1000)}`;
      process.kill(-child.pid, "SIGKILL");
    }, LONGEST_MS);
    return new Promise((done, fail) => {
      child.on("error", fail);
      child.on("exit", (code) => {
        timer.close();
        this.#child = undefined;
        done({ code, output: fs.readFileSync(log, "utf8") + late });
      });
    });
  }
}

const row = (cells) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;

function table(results) {
  const rows = results.map(({ mutant, by }) =>
    row([mutant.name, mutant.file, mutant.breaks, by ?? "survived"]),
  );
  return [row(["Fault", "File", "What it breaks", "Found by"]), "| --- | --- | --- | --- |", ...rows].join(
    "\n",
  );
}

/** @returns what came out of each fault, as far as it was come to */
async function tryAll({ project, mutants }, copy, tests) {
  const words = [...new Set(mutants.flatMap((mutant) => mutant.words))];
  const first = [{ name: "without any fault", words }];
  const results = [];
  for (const mutant of [...first, ...mutants]) {
    const began = Date.now();
    copyProject(project, copy);
    if (mutant.file) fs.writeFileSync(join(copy, mutant.file), mutatedText(project, mutant));
    const { code, output } = await tests.run(copy, mutant.words);
    if (tests.isInterrupted) return results;
    const by = failureOf(code, output);
    const time = duration((Date.now() - began) / 1000);
    if (mutant.file) {
      results.push({ mutant, by });
      print(`${by === undefined ? "survived" : "found"}  ${mutant.name}, ${time}${by ? `  ${by}` : ""}`);
    } else if (by === undefined) print(`passed  ${mutant.name}, ${time}`);
    else throw new Error(`Without any fault the tests fail, so they prove nothing: ${by}`);
  }
  return results;
}

async function main() {
  bootstrap();
  const asked = readArguments(process.argv.slice(2));
  const wrong = asked.mutants.flatMap((mutant) => {
    try {
      mutatedText(asked.project, mutant);
      return [];
    } catch (error) {
      return [error.message];
    }
  });
  if (wrong.length > 0) stop(wrong.join("\n"));
  const tests = new Tests();
  const copy = makeFolder();
  try {
    const results = await tryAll(asked, copy, tests);
    const survived = results.filter(({ by }) => by === undefined).length;
    print(`\n${table(results)}\n\n${results.length - survived} found, ${survived} survived`);
    process.exitCode = tests.isInterrupted || survived > 0 ? 1 : 0;
  } catch (error) {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  } finally {
    for (const path of [copy, `${copy}.log`]) fs.rmSync(path, { recursive: true, force: true });
  }
}

void main();
