/** What scripts/module-cache.js keeps of a program: never seen in what the program does. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { before, beforeEach, describe, test } from "node:test";
import { scratch } from "../helpers/scratch";

const checkout = join(__dirname, "..", "..");
const program = `/** Lines that a translation leaves out. */
interface Said {
  text: string;
}

const said: Said = { text: "first" };
console.log(said.text);
console.log(require("./late.js"));
function fail(): never {
  throw new Error("here");
}
try {
  fail();
} catch (error) {
  console.log((error as Error).stack);
}
`;

describe("modules that are kept compiled", () => {
  let root: string;
  const main = () => join(root, "main.ts");
  const packs = () => join(root, "node_modules", ".cache", "phoenix");
  const run = () => {
    const { stdout, stderr, status } = spawnSync(
      process.execPath,
      ["--require", "./scripts/typescript.js", "main.ts"],
      { cwd: root, encoding: "utf8", env: { PATH: process.env.PATH } },
    );
    assert.deepEqual({ stderr, status }, { stderr: "", status: 0 });
    const [first, late, , place] = stdout.split("\n");
    assert.match(late ?? "", /Promise/);
    return { first, place: place?.trim() };
  };
  const whole = { first: "first", place: "" };
  /** The packs, with their time of writing. */
  const written = () => readdirSync(packs()).map((name) => [name, statSync(join(packs(), name)).mtimeMs]);

  before(() => {
    root = scratch();
    cpSync(join(checkout, "scripts"), join(root, "scripts"), { recursive: true });
    mkdirSync(join(root, "node_modules"));
    for (const name of ["tsx", "esbuild", "@esbuild", "get-tsconfig", "resolve-pkg-maps"]) {
      const installed = join(checkout, "node_modules", name);
      if (statSync(installed, { throwIfNoEntry: false }))
        symlinkSync(installed, join(root, "node_modules", name));
    }
    const list = join("node_modules", ".package-lock.json");
    copyFileSync(join(checkout, list), join(root, list));
    writeFileSync(
      join(root, "late.js"),
      'const late = import("node:os"); late.catch((e) => { throw e; }); module.exports = late;',
    );
    whole.place = `at fail (${main()}:10:9)`;
  });

  beforeEach(() => writeFileSync(main(), program));

  test("a program says the same, at the same places, when its modules are made and when they are taken", () => {
    assert.deepEqual(run(), whole);
    const once = written();
    assert.equal(once.length, 2);
    assert.deepEqual(run(), whole);
    assert.deepEqual(written(), once);
  });

  test("a file that was changed is recreated", () => {
    run();
    writeFileSync(main(), program.replace('"first"', '"other"').replace("function fail", "\nfunction fail"));
    assert.deepEqual(run(), { first: "other", place: `at fail (${main()}:11:9)` });
  });

  test("what was cut off is recreated", () => {
    run();
    for (const name of readdirSync(packs())) truncateSync(join(packs(), name), 1000);
    assert.deepEqual(run(), whole);
    for (const name of readdirSync(packs())) assert.ok(readFileSync(join(packs(), name)).length > 1000);
    assert.deepEqual(run(), whole);
  });

  test("a folder that others may write to is not used", () => {
    run();
    const before = written();
    chmodSync(packs(), 0o777);
    writeFileSync(main(), program.replace('"first"', '"other"'));
    assert.equal(run().first, "other");
    assert.deepEqual(written(), before);
    chmodSync(packs(), 0o700);
  });
});

test("what the SDK has for other programs, clouds and traces is loaded at its first use", () => {
  const loads = (code: string) =>
    spawnSync(
      process.execPath,
      [
        "--require",
        "./scripts/typescript.js",
        "--eval",
        `const pulumi = require("@pulumi/pulumi");
         const loaded = () => ["arborist", "typescript/lib", "execa", "exporter-zipkin"].filter((part) => Object.keys(require.cache).some((f) => f.includes(part)));
         (async () => { ${code}; })().then((result) => console.log(JSON.stringify({ result, loaded: loaded() })));`,
      ],
      { cwd: checkout, encoding: "utf8" },
    ).stdout;
  assert.deepEqual(JSON.parse(loads("return 1")), { result: 1, loaded: [] });
  const k = "const k = 7; return (await pulumi.runtime.serializeFunction(() => k + 1)).text.includes('k: 7')";
  assert.deepEqual(JSON.parse(loads(k)), { result: true, loaded: ["typescript/lib"] });
  const automation = "return typeof pulumi.automation.LocalWorkspace.create";
  assert.deepEqual(JSON.parse(loads(automation)), { result: "function", loaded: ["execa"] });
  const trace = `const trace = require("@pulumi/pulumi/cmd/run/tracing"), id = () => trace.newSpan("s").spanContext().traceId;
    const before = id(); trace.start("http://127.0.0.1:1/"); const after = id();
    return [before, after].map((trace) => /[1-9a-f]/.test(trace))`;
  assert.deepEqual(JSON.parse(loads(trace)), { result: [false, true], loaded: ["exporter-zipkin"] });
  const paths = "return (await pulumi.runtime.computeCodePaths({})).size > 0";
  assert.deepEqual(JSON.parse(loads(paths)), { result: true, loaded: ["arborist"] });
});
