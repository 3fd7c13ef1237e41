/** Time: every operation that the host waits for has its own entry, and a factor stretches all of them. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { latencies, latencyOf } from "../../host/machine/latency";
import { labForTests } from "../machine/labUnderTest";

const host = join(__dirname, "..", "..", "host");

/** The operations in a source text: literals of `latency(…)` and `operation: "…"`; `*` is what is filled in. */
function operations(text: string): string[] {
  const calls = [
    ...text.matchAll(/\blatency\(([^;]*?)\)/gs),
    ...text.matchAll(/\boperation: (["`][^"`]+["`])/g),
  ];
  return calls.flatMap(([, argument = ""]) =>
    [...argument.matchAll(/"([^"]+)"|`([^`]+)`/g)].map(([, plain, template]) =>
      (plain ?? template ?? "").replace(/\$\{[^}]*\}/g, "*"),
    ),
  );
}

describe("latency", () => {
  const files = readdirSync(host, { recursive: true, encoding: "utf8" }).filter((name) =>
    name.endsWith(".ts"),
  );
  const all = files.flatMap((name) =>
    operations(readFileSync(join(host, name), "utf8")).map((operation) => ({ name, operation })),
  );

  test("the operations of the host are found in its sources", () => {
    assert.ok(all.length >= 20, `${all.length} operations`);
    assert.ok(all.some(({ operation }) => operation === "pct create"));
  });

  for (const { name, operation } of all) {
    test(`${operation} (${name}) has an entry`, () => {
      assert.notEqual(latencyOf(operation), undefined, `add "${operation}" to lab/host/machine/latency.ts`);
    });
  }

  test("each entry says what it is reckoned from", () => {
    for (const [operation, { milliseconds, from }] of Object.entries(latencies)) {
      assert.ok(milliseconds > 0 && from.length > 3, operation);
    }
  });
});

describe("a lab with a tenth of real hardware's times", () => {
  const lab = labForTests({ latency: 0.1 });

  test("making a pool takes a tenth of its time, reading it takes none", async () => {
    const times = await lab.sh(
      "LC_ALL=C; a=$EPOCHREALTIME; zpool create -f tank nvme0n1; b=$EPOCHREALTIME; zpool list -H >/dev/null; c=$EPOCHREALTIME; echo $a $b $c",
    );
    const [a = 0, b = 0, c = 0] = times.stdout.trim().split(" ").map(Number);
    const expected = (latencyOf("zpool create") ?? 0) / 10_000;
    assert.ok(b - a >= expected && b - a < expected + 0.5, `${b - a} s to create`);
    assert.ok(c - b < expected, `${c - b} s to list`);
  });
});
