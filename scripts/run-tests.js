"use strict";
// Runs test files in the order that they are named in, which `node --test` does not: see test.js.
const { availableParallelism } = require("node:os");
const { resolve } = require("node:path");
const { run } = require("node:test");
const { spec: Spec } = require("node:test/reporters");
const summary = require("./summary");

const events = run({
  files: process.argv.slice(2).map((file) => resolve(file)),
  concurrency: availableParallelism() + 1,
});
events.on("test:fail", ({ todo }) => {
  if (todo === undefined || todo === false) process.exitCode = 1;
});
events.compose(new Spec()).pipe(process.stdout);
events.compose(summary).pipe(process.stdout);
