/* Warnings of one kind are one line with their places; a run says only how many there are. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Finding } from "../../config";
import { warningCount, warningLines } from "../../config/warnings";

const unknown = (path: string, more: Partial<Finding> = {}): Finding => ({
  file: "host.json",
  path,
  message: "unknown key",
  remedy: "remove it",
  ...more,
});
const datasets = (indices: number[]) =>
  indices.map((index) => unknown(`zfs.datasets[${index}].storage_class`));
const numbers = (count: number) => Array.from({ length: count }, (_, index) => index);
const line = (text: string) => `warning: host.json: ${text} — remove it\n`;

describe("lines", () => {
  const rows: [string, Finding[], string][] = [
    ["none", [], ""],
    ["one", datasets([3]), line("zfs.datasets[3].storage_class: unknown key")],
    [
      "a whole list",
      datasets(numbers(11)),
      line("zfs.datasets[0…10].storage_class: unknown key (11 places)"),
    ],
    [
      "some of a list",
      datasets([7, 0, 3]),
      line("zfs.datasets[0,3,7].storage_class: unknown key (3 places)"),
    ],
    [
      "many of a list",
      datasets([0, 2, 4, 6, 8, 10, 12]),
      line("zfs.datasets[0,2,4,6,…,12].storage_class: unknown key (7 places)"),
    ],
    [
      "containers by CTID, and lists in them",
      [unknown("lxc_configs.900.volumes[0].x"), unknown("lxc_configs.905.volumes[1].x")],
      line("lxc_configs.900,905.volumes[0,1].x: unknown key (2 places)"),
    ],
    [
      "values, when there are few",
      [
        unknown("a[0].x", { value: '"v"' }),
        unknown("a[1].x", { value: '"w"' }),
        unknown("a[2].x", { value: '"v"' }),
      ],
      line('a[0…2].x: unknown key ("v", "w") (3 places)'),
    ],
    [
      "what differs in words, key, remedy or file stays apart",
      [
        unknown("a[0].x"),
        unknown("a[1].y"),
        unknown("a[2].x", { message: "odd" }),
        unknown("a[3].x", { remedy: "keep it" }),
        unknown("a[4].x", { file: "lxc.json" }),
      ],
      line("a[0].x: unknown key") +
        line("a[1].y: unknown key") +
        line("a[2].x: odd") +
        "warning: host.json: a[3].x: unknown key — keep it\n" +
        "warning: lxc.json: a[4].x: unknown key — remove it\n",
    ],
    [
      "a quoted key",
      [unknown('a."b.c [1]"[0]'), unknown('a."b.c [1]"[1]')],
      line('a."b.c [1]"[0,1]: unknown key (2 places)'),
    ],
  ];
  for (const [name, findings, text] of rows) test(name, () => assert.equal(warningLines(findings), text));

  test("all of them, when asked for", () => {
    assert.equal(warningLines(datasets(numbers(11)), true).split("\n").length, 12);
  });

  test("8,000 kinds are not 8,000 lines", () => {
    const lines = warningLines(numbers(8000).map((n) => unknown(`key${n}`))).split("\n");
    assert.equal(lines.length, 42);
    assert.equal(lines[40], "warning: 7960 lines more; phoenix validate --all lists them");
  });
});

describe("what a run says", () => {
  test("nothing, the one kind there is, or how many", () => {
    assert.equal(warningCount([]), "");
    const whole = "host.json: zfs.datasets[0…10].storage_class: unknown key (11 places) — remove it";
    assert.equal(warningCount(datasets(numbers(11))), whole);
    assert.equal(
      warningCount([...datasets(numbers(11)), unknown("x")]),
      "12 warnings in the two files; phoenix validate lists them",
    );
  });
});
