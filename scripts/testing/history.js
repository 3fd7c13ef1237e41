"use strict";
// How long each test file took when it was last run, and how many tests it had: what the next run may expect.
const { mkdirSync, readFileSync, writeFileSync } = require("node:fs");
const { dirname, join } = require("node:path");
const { root } = require("../bootstrap");
const { sharesProcess } = require("./files");

const record = join(root, ".phoenix", "tests.json");
/** Of the last whole run that was profiled, somewhere: for a checkout in which nothing was run yet. */
const elsewhere = join(__dirname, "durations.json");

/** For a file that was never run here: one that shares its process takes a moment, one with a lab takes its time. */
const secondsUnknown = (file) => (sharesProcess(file) ? 0.5 : 15);

function read(file) {
  try {
    return Object.entries(JSON.parse(readFileSync(file, "utf8")));
  } catch {
    return [];
  }
}

class History {
  #files = new Map([...read(elsewhere), ...read(record)]);

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
    writeFileSync(record, this.#text([...this.#files.keys()]));
  }

  /** Writes down what a checkout in which nothing was run yet is to expect of these files. */
  saveForOthers(files) {
    writeFileSync(elsewhere, `${this.#text(files)}\n`);
  }

  #text(files) {
    const known = files.sort().map((file) => [file, this.#files.get(file)]);
    return JSON.stringify(Object.fromEntries(known), null, 2);
  }
}

module.exports = { History };
