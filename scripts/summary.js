"use strict";
// A reporter for node:test beside `spec`: which tests were skipped and why, and one plain last line.

module.exports = async function* summary(events) {
  let passed = 0;
  let failed = 0;
  const skipped = new Map();
  for await (const { type, data } of events) {
    if (type !== "test:pass" && type !== "test:fail") continue;
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
  yield `${passed} passed, ${failed} failed, ${count} skipped\n`;
};
