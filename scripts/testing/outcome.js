"use strict";
// A reporter for node:test beside `spec`: what came out of one process's tests, as one line of JSON for scripts/test.js.

/** A suite fails with its tests; by itself it counts when its own set-up or end failed. */
const isFailure = ({ details }) => details?.error?.failureType !== "subtestsFailed";

module.exports = async function* outcome(events) {
  const result = { passed: 0, failed: 0, skipped: [], suites: {} };
  const tests = () => result.passed + result.failed + result.skipped.length;
  let testsBefore = 0;
  for await (const { type, data } of events) {
    if (type !== "test:pass" && type !== "test:fail") continue;
    const isSuite = data.details?.type === "suite";
    if (type === "test:fail") {
      if (isFailure(data)) result.failed++;
    } else if (data.skip !== undefined) {
      const why = typeof data.skip === "string" && data.skip ? data.skip : "no reason given";
      result.skipped.push({ why, name: data.name });
    } else if (!isSuite) result.passed++;
    if (data.nesting > 0) continue;
    // The tests of a suite are told before the suite itself.
    result.suites[data.name] = { seconds: data.details.duration_ms / 1000, tests: tests() - testsBefore };
    testsBefore = tests();
  }
  yield `${JSON.stringify(result)}\n`;
};
