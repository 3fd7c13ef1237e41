"use strict";
// How long each test file took when it was last run, and how many tests it had: what the next run may expect.
const { mkdirSync, readFileSync, writeFileSync } = require("node:fs");
const { dirname, join } = require("node:path");
const { root } = require("../bootstrap");
const { sharesProcess } = require("./files");

const record = join(root, ".phoenix", "tests.json");

/** For a file that was never run here: one that shares its process takes a moment, one with a lab takes its time. */
const secondsUnknown = (file) => (sharesProcess(file) ? 0.5 : 15);

function readHistory() {
  try {
    return new Map(Object.entries(JSON.parse(readFileSync(record, "utf8"))));
  } catch {
    return new Map();
  }
}

class History {
  #files = readHistory();

  seconds(file) {
    return this.#files.get(file)?.seconds ?? secondsUnknown(file);
  }

  /** How many tests the files have, or undefined where one of them was never run here. */
  tests(files) {
    const counts = files.map((file) => this.#files.get(file)?.tests);
    return counts.includes(undefined) ? undefined : counts.reduce((sum, count) => sum + count, 0);
  }

  set(file, seconds, tests) {
    this.#files.set(file, { seconds: Math.round(seconds * 100) / 100, tests });
  }

  save() {
    mkdirSync(dirname(record), { recursive: true });
    writeFileSync(record, JSON.stringify(Object.fromEntries([...this.#files].sort()), null, 1));
  }
}

module.exports = { History };
