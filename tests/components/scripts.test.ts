import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

const root = join(__dirname, "..", "..");
const scripts = readdirSync(join(root, "components"), { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".sh"))
  .map((file) => join("components", file));

test("no host script pipes into grep -q: it ends early, what writes to it fails, and pipefail calls that a no", () => {
  const found = scripts.filter((file) =>
    /[^|]\|\s*grep\s+-\w*q/.test(readFileSync(join(root, file), "utf8")),
  );
  assert.ok(scripts.length > 20);
  assert.deepEqual(found, []);
});

test("no host script pipes into write_file: its error would only end that part of the pipe", () => {
  const found = scripts.filter((file) => /[^|]\|\s*write_file/.test(readFileSync(join(root, file), "utf8")));
  assert.deepEqual(found, []);
});

test("no host script is longer than 200 lines", () => {
  const long = scripts.filter((file) => readFileSync(join(root, file), "utf8").split("\n").length > 201);
  assert.deepEqual(long, []);
});
