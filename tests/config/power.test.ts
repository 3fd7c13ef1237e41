/* eslint-disable @typescript-eslint/no-unsafe-member-access --
   the rows change untyped documents */
import assert from "node:assert/strict";
import test, { describe } from "node:test";
import { isLeftAsAdopted, specDigest } from "../../config/adopted";
import { parsePower, powerOf, withPower } from "../../config/power";
import { check, expectRow, type Row } from "./samples";

describe("what the stack says of power", () => {
  test("goes before the entry; nobody's word is none", () => {
    const settings = parsePower('{"910": "stopped", "9000": "running"}')!;
    assert.equal(powerOf(910, "running", settings), "stopped");
    assert.equal(powerOf(911, "stopped", settings), "stopped");
    assert.equal(powerOf(911, undefined, settings), undefined);
    const containers = [{ ctid: 910 }, { ctid: 911, state: "stopped" as const }, { ctid: 912 }];
    assert.deepEqual(withPower(containers, settings), [
      { ctid: 910, state: "stopped" },
      { ctid: 911, state: "stopped" },
      { ctid: 912 },
    ]);
  });

  for (const text of ["910", "[910]", '{"910": "off"}', '{"web": "stopped"}', '{"099": "stopped"}', "{"]) {
    test(`${text} is nothing of the kind`, () => assert.equal(parsePower(text), undefined));
  }
});

describe("what is asked of a stopped container", () => {
  const rows: Row[] = [
    ["nothing", (_, { lxc_configs: c }) => (c["901"].state = "stopped")],
    [
      "that another one depends on it",
      (_, { lxc_configs: c }) => {
        c["900"].state = "stopped";
        c["901"].dependencies = ["900"];
      },
      'lxc.json: lxc_configs.901.dependencies[0]: is a container whose state is stopped: it runs only while it is converged ("900") — let container 900 run, or take the dependency out',
    ],
    [
      "a start with the host",
      (_, { lxc_configs: c }) => Object.assign(c["901"] as object, { state: "stopped", start_at_boot: true }),
      "lxc.json: lxc_configs.901.start_at_boot: the host starts it, although its state is stopped (true) — set start_at_boot to false, or state to running",
    ],
  ];
  for (const row of rows) test(row[0], () => expectRow("warnings", row));

  test("another state is a mistake", () => {
    const { mistakes } = check((_, { lxc_configs: c }) => (c["901"].state = "paused"));
    assert.deepEqual(mistakes, [
      'lxc.json: lxc_configs.901.state: must be one of running, stopped ("paused") — give running or stopped; phoenix:power of the stack goes before it. It runs without either',
    ]);
  });
});

test("scripts are not told of power and protection, so they do not run again for them", () => {
  const entryOf = (edit: (entry: Record<string, unknown>) => void) =>
    check((_, { lxc_configs: c }) => edit(c["901"] as Record<string, unknown>)).estate!.containers[1]!
      .scriptConfig;
  const plain = entryOf(() => undefined);
  assert.deepEqual(
    entryOf((entry) => Object.assign(entry, { state: "stopped", shutdown_timeout: 9, protect: true })),
    plain,
  );
});

test("an adopted guest is held until anything that its entry asks for changes", () => {
  const specOf = (edit: (entry: Record<string, unknown>) => void) =>
    check((_, { lxc_configs: c }) => edit(c["901"] as Record<string, unknown>)).estate!.containers[1]!;
  const adopted = new Map([[901, specDigest(specOf(() => undefined))]]);
  const held = (edit: (entry: Record<string, unknown>) => void) => isLeftAsAdopted(specOf(edit), adopted);
  assert.match(adopted.get(901)!, /^v1-[0-9a-f]{16}$/);
  assert.equal(
    held(() => undefined),
    true,
  );
  assert.equal(
    held((entry) => (entry.swap_mb = 512)),
    true,
    "what is the default anyway",
  );
  assert.equal(
    held((entry) => (entry.memory_mb = 2048)),
    false,
  );
  assert.equal(
    held((entry) => (entry.state = "stopped")),
    false,
  );
  assert.equal(
    isLeftAsAdopted(
      specOf(() => undefined),
      new Map(),
    ),
    false,
  );
});
