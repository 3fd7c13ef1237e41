/** What a script stands on: every function that it calls is in a file that it sources, and is there once. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { test } from "node:test";
import { bundle } from "../../components/host/script";
import { callsOf } from "../real/calls";

const components = join(__dirname, "..", "..", "components");
const scripts = readdirSync(components, { recursive: true, encoding: "utf8" }).filter((file) =>
  file.endsWith(".sh"),
);
const text = (file: string) => readFileSync(join(components, file), "utf8");
const prelude = join(components, "host", "lib", "prelude.sh");

/** Functions by the file that defines them. */
const functions = new Map(
  scripts.map((file) => [file, [...text(file).matchAll(/^(\w+)\(\)/gm)].map(([, name = ""]) => name)]),
);

/** The files that are there where this one is sourced, or sent. */
const filesWith = (file: string) =>
  bundle(...(file.includes("features") ? [] : [prelude]), join(components, file)).map((path) =>
    relative(components, path),
  );

test("no two files of one bundle define a function of the same name", () => {
  const twins = scripts.flatMap((script) => {
    const defined = filesWith(script).flatMap((file) =>
      (functions.get(file) ?? []).map((name) => ({ name, file })),
    );
    return defined
      .filter(({ name, file }) => defined.some((other) => other.name === name && other.file !== file))
      .map(({ name, file }) => `${script}: ${name} of ${file}`);
  });
  assert.deepEqual(twins, []);
});

test("a script calls no function of a file that it does not source", () => {
  const names = new Set([...functions.values()].flat());
  const calls = callsOf(names);
  assert.ok(calls.length > 1000, String(calls.length));
  const missing = calls
    .filter(({ tool, script }) => !filesWith(script).some((file) => functions.get(file)?.includes(tool)))
    .map(({ tool, script }) => `${script}: ${tool}`);
  assert.deepEqual([...new Set(missing)], []);
});

test("no script asks whether a function is there: who has one to be called says so in a variable", () => {
  assert.deepEqual(
    scripts.filter((file) => /^[^#]*\b(declare|typeset) -[a-zA-Z]*F|^[^#]*\btype -t\b/m.test(text(file))),
    [],
  );
});
