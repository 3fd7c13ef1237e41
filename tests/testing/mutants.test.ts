/* scripts/mutate.js on a copy of the project with faults and tests of our own, and the project's own list of faults. */
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Project } from "../helpers/project";
import { repository } from "../helpers/repository";
import { scratch } from "../helpers/scratch";

/** A deliberate fault, as scripts/testing/mutants/*.json have it. */
interface Mutant {
  name: string;
  file: string;
  text: string;
  replacement: string;
  breaks: string;
  words: string[];
}

const load = createRequire(__filename);
const { mutatedText, readMutants } = load("../../scripts/testing/mutants") as {
  mutatedText: (root: string, mutant: Mutant) => string;
  readMutants: () => Mutant[];
};
const { testFiles } = load("../../scripts/testing/files") as { testFiles: () => string[] };

describe("the list of faults", () => {
  const mutants = readMutants();

  test("each replaces what stands in its file exactly once", () => {
    for (const mutant of mutants)
      assert.notEqual(
        mutatedText(repository, mutant),
        readFileSync(`${repository}/${mutant.file}`, "utf8"),
        mutant.name,
      );
  });

  test("each has a name of its own, and words that test files have", () => {
    assert.equal(new Set(mutants.map(({ name }) => name)).size, mutants.length);
    const files = testFiles();
    const words = mutants.flatMap((mutant) => mutant.words);
    assert.deepEqual(
      words.filter((word) => !files.some((file) => file.includes(word))),
      [],
    );
  });
});

const adding = {
  file: "sum.js",
  text: "a + b",
  replacement: "a - b",
  breaks: "It subtracts.",
  words: ["sum"],
};
const mutants = {
  found: { ...adding, name: "found" },
  survives: { ...adding, name: "survives", text: "// adds", replacement: "// subtracts" },
  waits: { ...adding, name: "waits", replacement: "(() => { for (;;); })()" },
};
const sum = "// adds\nexports.add = (a, b) => a + b;\n";

let project: Project;

function write(file: string, text: string): void {
  mkdirSync(dirname(project.path(file)), { recursive: true });
  writeFileSync(project.path(file), text);
}

const list = (...faults: object[]) => write("scripts/testing/mutants/own.json", JSON.stringify(faults));
/** Where the copies are made. */
const copies = scratch();
const start = () => project.start(process.execPath, ["scripts/mutate.js"], { TMPDIR: copies });
const left = () => readdirSync(copies).filter((name) => name.startsWith("phoenix-"));
const copied = () => join(copies, "phoenix-mutant-0", "sum.js");

describe("npm run mutate", () => {
  before(() => {
    project = new Project();
    for (const folder of ["tests", "lab/tests", "scripts/testing/mutants"])
      rmSync(project.path(folder), { recursive: true });
    mkdirSync(project.path("lab/tests"));
    write("sum.js", sum);
    write(
      "tests/sum.test.ts",
      'import assert from "node:assert/strict";\nimport { test } from "node:test";\nimport { add } from "../sum.js";\n' +
        'test("adds", () => assert.equal(add(1, 2), 3));\n',
    );
  });
  after(() => project.remove());

  test("says of each fault which test found it, or that none did, and leaves the project as it was", async () => {
    list(mutants.found, mutants.survives);
    const { code, stdout, stderr } = await start().finished;
    assert.equal(code, 1, stderr);
    assert.equal(
      stdout.replace(/\d+ s\b/g, "N s"),
      "passed  without any fault, N s\n" +
        "found  found, N s  tests/sum.test.ts: adds\n" +
        "survived  survives, N s\n\n" +
        "| Fault | File | What it breaks | Found by |\n| --- | --- | --- | --- |\n" +
        "| found | sum.js | It subtracts. | tests/sum.test.ts: adds |\n" +
        "| survives | sum.js | It subtracts. | survived |\n\n1 found, 1 survived\n",
    );
    assert.equal(readFileSync(project.path("sum.js"), "utf8"), sum);
    assert.deepEqual(left(), []);
  });

  test("a text that is not there once is told before anything is run, and so are tests that fail anyway", async () => {
    list({ ...mutants.found, text: "a * b" }, { ...mutants.survives, text: "a" });
    assert.deepEqual(await start().finished, {
      code: 1,
      stdout: "",
      stderr: "found: sum.js has 0 times, not once: a * b\nsurvives: sum.js has 4 times, not once: a\n",
    });
    list(mutants.found);
    write("sum.js", sum.replace("a + b", "a + b + 1"));
    const { code, stderr } = await start().finished;
    write("sum.js", sum);
    assert.equal(code, 1);
    assert.equal(
      stderr,
      "Without any fault the tests fail, so they prove nothing: tests/sum.test.ts: adds\n",
    );
  });

  test("an interrupt ends the tests and leaves no copy", async () => {
    list(mutants.waits);
    const { child, finished } = start();
    while (!existsSync(copied()) || !readFileSync(copied(), "utf8").includes("for (;;)")) await sleep(50);
    child.kill("SIGINT");
    assert.equal((await finished).code, 1);
    assert.deepEqual(left(), []);
  });
});
