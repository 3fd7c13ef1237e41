/* The documents: their links lead to files, and every decision record stands in the index, once. */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { test } from "node:test";
import { repository } from "../helpers/repository";
import { filesBelow } from "./files";

const read = (path: string) => readFileSync(join(repository, path), "utf8");
const records = filesBelow("docs/adr", ".md").filter((path) => basename(path) !== "README.md");
const numberOf = (path: string) => basename(path).slice(0, 4);

/** What GitHub makes of a heading for links to it. */
const anchorOf = (heading: string) =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
    .replaceAll(" ", "-");
const anchorsOf = (text: string) =>
  [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) => anchorOf(heading));

test("every link between documents leads to a file, and to a heading where it names one", () => {
  const documents = filesBelow(".", ".md");
  const links = documents.flatMap((path) =>
    [...read(path).matchAll(/\]\((?!https?:)([^)#\s]*)(?:#([^)\s]*))?\)/g)].map(
      ([link, target = "", anchor]) => ({ at: `${path}: ${link}`, path, target, anchor }),
    ),
  );
  const lost = links.filter(({ path, target, anchor }) => {
    const file = target === "" ? path : join(dirname(path), target);
    if (!existsSync(join(repository, file))) return true;
    return anchor !== undefined && !anchorsOf(read(file)).includes(anchor);
  });
  assert.deepEqual(
    lost.map(({ at }) => at),
    [],
  );
  assert.ok(links.length > 50);
});

test("every decision record stands in the index, with the title it has, and each number is one record's", () => {
  const index = [
    ...read("docs/adr/README.md").matchAll(/^\| \[(\d{4})\]\(([^)]+)\) +\| (.*?) +\| (.*?) +\|$/gm),
  ];
  const expected = records.map((path) => {
    const [, number, title] = /^# (\d{4}): (.*)\n/.exec(read(path)) ?? [];
    return [number, basename(path), title];
  });
  assert.deepEqual(
    index.map(([, number, file, title]) => [number, file, title]),
    expected,
  );
  assert.deepEqual(
    records.filter((path, at) => records.findIndex((other) => numberOf(other) === numberOf(path)) !== at),
    [],
  );
  const numbers = new Set(records.map(numberOf));
  for (const [row, , file = "", , status = ""] of index) {
    assert.match(status, /^(in force|replaced by \[\d{4}\])/, row);
    assert.equal(expected.find(([, name]) => name === file)?.[0], file.slice(0, 4), row);
    for (const [number] of status.matchAll(/\b\d{4}\b/g)) assert.ok(numbers.has(number), row);
  }
});

test("a record that another one names by its number is there", () => {
  const numbers = new Set(records.map(numberOf));
  const lost = [...records, "lab/COVERAGE.md"].flatMap((path) =>
    [...read(path).matchAll(/\((?:see also )?(0[01]\d\d)\b/g)]
      .filter(([, number = ""]) => !numbers.has(number))
      .map(([, number]) => `${path}: ${number}`),
  );
  assert.deepEqual(lost, []);
});
