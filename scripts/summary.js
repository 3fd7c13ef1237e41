"use strict";
// A reporter for node:test beside `spec`: which tests were skipped and why, the slowest files, and one plain last line.
const { relative } = require("node:path");

module.exports = async function* summary(events) {
  let passed = 0;
  let failed = 0;
  const skipped = new Map();
  const seconds = new Map();
  for await (const { type, data } of events) {
    if (type !== "test:pass" && type !== "test:fail") continue;
    if (data.nesting === 0 && data.file !== undefined) {
      const file = relative(process.cwd(), data.file);
      seconds.set(file, (seconds.get(file) ?? 0) + (data.details?.duration_ms ?? 0) / 1000);
    }
    if (type === "test:fail") {
      // A suite fails with its tests; by itself it counts when its own set-up failed.
      if (data.details?.error?.failureType !== "subtestsFailed") failed++;
    } else if (data.skip !== undefined) {
      const why = typeof data.skip === "string" && data.skip ? data.skip : "no reason given";
      skipped.set(why, [...(skipped.get(why) ?? []), data.name]);
    } else if (data.details?.type !== "suite") passed++;
  }
  const count = [...skipped.values()].reduce((sum, names) => sum + names.length, 0);
  for (const [why, names] of skipped) {
    yield `skipped, ${why}:\n${names.map((name) => `  ${name}\n`).join("")}`;
  }
  const slowest = [...seconds].sort(([, one], [, other]) => other - one).slice(0, 15);
  if (seconds.size > slowest.length) {
    yield `slowest of ${seconds.size} files:\n${slowest.map(([file, time]) => `  ${time.toFixed(0).padStart(4)} s  ${file}\n`).join("")}`;
  }
  yield `${passed} passed, ${failed} failed, ${count} skipped\n`;
};
