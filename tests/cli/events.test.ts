import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { failures, finished, interruption } from "../../cli/events";

const folder = mkdtempSync(join(tmpdir(), "phoenix-events-"));
after(() => rmSync(folder, { recursive: true }));

function log(...events: object[]): string {
  const file = join(folder, "events.jsonl");
  writeFileSync(file, events.map((event) => JSON.stringify(event)).join("\n"));
  return file;
}

const urn = (name: string) => `urn:pulumi:dev::phoenix::phoenix:c:Container$command:remote:Command::${name}`;
const stackUrn = "urn:pulumi:dev::phoenix::pulumi:pulumi:Stack::phoenix-dev";
const failed = (name: string, op: string) => ({ resOpFailedEvent: { metadata: { op, urn: urn(name) } } });
const error = (name: string, message: string) => ({
  diagnosticEvent: { urn: urn(name), severity: "error", message },
});

test("a failed step is told with its own error, without colours and without the script's text; a refused one as planned", () => {
  const file = log(
    { diagnosticEvent: { urn: urn("ct-900-start"), severity: "warning", message: "slow" } },
    { diagnosticEvent: { urn: stackUrn, severity: "error", message: "update failed" } },
    error("ct-901-define", "protected"),
    failed("ct-900-start", "create"),
    error(
      "ct-900-start",
      '<{%reset%}>Process exited with status 1: running "#!/bin/bash\\nsay \\"x\\"":\nCT 900 has no address\n<{%reset%}>',
    ),
  );
  assert.deepEqual(failures(file), [
    {
      name: "ct-901-define",
      resource: "ct-901-define (command:remote:Command)",
      urn: urn("ct-901-define"),
      operation: "plan",
      lines: ["protected"],
    },
    {
      name: "ct-900-start",
      resource: "ct-900-start (command:remote:Command)",
      urn: urn("ct-900-start"),
      operation: "create",
      lines: ["Process exited with status 1:", "CT 900 has no address"],
    },
  ]);
});

test("of a long error the last 21 lines are told", () => {
  const lines = Array.from({ length: 40 }, (_, index) => `line ${index}`);
  const [failure] = failures(log(failed("a", "update"), error("a", lines.join("\n"))));
  assert.deepEqual(failure?.lines, lines.slice(-21));
});

test("a log that ends in the middle of a line, and one that is not there, are read as far as they go", () => {
  const file = join(folder, "half.jsonl");
  writeFileSync(file, `${JSON.stringify(failed("a", "create"))}\n{"resOpFailedEvent":{"meta`);
  assert.equal(failures(file).length, 1);
  assert.deepEqual(failures(join(folder, "none.jsonl")), []);
});

test("what a run brought to its end is told by name, also where there was nothing to do", () => {
  const outputs = (name: string, op: string) => ({ resOutputsEvent: { metadata: { op, urn: urn(name) } } });
  const file = log(outputs("a", "same"), failed("b", "create"), outputs("c", "create"));
  assert.deepEqual([...finished(file)], ["a", "c"]);
});

test("a run that came to its end is not interrupted, though Pulumi ends every log with a cancelEvent", () => {
  const end = [{ summaryEvent: { result: "failed" } }, { cancelEvent: {} }];
  assert.equal(interruption(log(failed("a", "create"), ...end)), undefined);
  const cancelled = { diagnosticEvent: { urn: stackUrn, severity: "error", message: "update canceled" } };
  assert.deepEqual(interruption(log(failed("a", "create"), cancelled, ...end)), {
    cutOff: [],
    begun: new Set(),
  });
});
