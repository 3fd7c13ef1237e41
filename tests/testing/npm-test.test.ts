/* scripts/test.js on a copy of the project that has tests of our own instead of the project's. */
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { after, before, describe, test } from "node:test";
import { type Finished, Project } from "../helpers/project";

const head = 'import assert from "node:assert/strict";\nimport { after, test } from "node:test";\n';
const passing = (name: string) => `${head}test("${name}", () => assert.ok(after));\n`;

let project: Project;

function write(file: string, text: string): void {
  mkdirSync(dirname(project.path(file)), { recursive: true });
  writeFileSync(project.path(file), text);
}

const run = (...args: string[]): Promise<Finished> =>
  project.start(process.execPath, ["scripts/test.js", ...args]).finished;

/** What was printed, with times that are always the same. */
const withoutTimes = ({ stdout }: Finished) => stdout.replace(/\b(?:\d+ min )?\d+ s\b/g, "N s");

const linesOf = (finished: Finished) => withoutTimes(finished).trimEnd().split("\n");

before(() => {
  project = new Project();
  for (const folder of ["tests", "lab/tests"]) rmSync(project.path(folder), { recursive: true });
  // What the project's own tests take would be known of files that this copy does not have.
  rmSync(project.path("scripts", "testing", "durations.json"));
  write("lab/tests/pure.test.ts", passing("of the lab"));
  write("tests/helper.ts", 'import { execFileSync } from "node:child_process";\nexport { execFileSync };\n');
  write(
    "tests/alone.test.ts",
    `import { execFileSync } from "./helper";\n${passing("alone")}` +
      'test("has /bin/true", () => void execFileSync("true"));\n' +
      'test("left out", { skip: "nobody needs it" }, () => assert.fail());\n',
  );
  for (const n of [1, 2, 3]) write(`tests/pure-${n}.test.ts`, passing(`pure ${n}`));
});
after(() => project.remove());

describe("npm test", () => {
  test("says how much there is, then each process's result, then what was skipped, and the numbers", async () => {
    const first = await run();
    assert.equal(first.code, 0, first.stdout + first.stderr);
    const [announced, ...lines] = linesOf(first);
    assert.equal(announced, "5 files in 2 processes, about N s");
    // Which of the two ends first is open.
    assert.match(lines.slice(0, 2).join("\n"), /^\[[14]\/5\] .*\n\[5\/5\] /);
    const results = lines.slice(0, 2).map((line) => line.replace(/^\[.*?\] /, ""));
    assert.deepEqual(results.sort(), [
      "✔ 4 files in one process: 4 tests, N s",
      "✔ tests/alone.test.ts: 3 tests, N s",
    ]);
    assert.deepEqual(lines.slice(2), [
      "skipped, nobody needs it:",
      "  left out",
      "6 passed, 0 failed, 1 skipped",
      "N s",
    ]);
  });

  test("the second time it knows how many tests there are, and how long they took", async () => {
    const record = project.path(".phoenix", "tests.json");
    const known = JSON.parse(readFileSync(record, "utf8")) as Record<string, { tests: number }>;
    assert.deepEqual(
      Object.entries(known).map(([file, { tests }]) => [file, tests]),
      [
        ["lab/tests/pure.test.ts", 1],
        ["tests/alone.test.ts", 3],
        ["tests/pure-1.test.ts", 1],
        ["tests/pure-2.test.ts", 1],
        ["tests/pure-3.test.ts", 1],
      ],
    );
    const slow = { ...known, "tests/alone.test.ts": { seconds: 200, tests: 3 } };
    writeFileSync(record, JSON.stringify(slow));
    const [announced] = (await run()).stdout.split("\n");
    assert.equal(announced, "5 files with 7 tests in 2 processes, about 3 min 20 s");
  });

  test("with words, only the files of that path, with every test's name", async () => {
    const found = await run("pure-2", "lab/");
    const lines = linesOf(found);
    assert.equal(lines[0], "2 files with 2 tests in 1 process, about N s");
    assert.match(found.stdout, /▶ lab\/tests\/pure.test.ts\n {2}✔ of the lab /);
    assert.match(found.stdout, /▶ tests\/pure-2.test.ts\n {2}✔ pure 2 /);
    assert.deepEqual(lines.slice(-2), ["2 passed, 0 failed, 0 skipped", "N s"]);
  });

  test("a word that no file has, and an option that does not exist", async () => {
    const nothing = await run("no-such");
    assert.deepEqual(nothing, { code: 1, stdout: "", stderr: "No test file matches no-such.\n" });
    const option = await run("--watch");
    assert.deepEqual(option, {
      code: 1,
      stdout: "",
      stderr: "npm test does not know --watch: there is only --profile.\n",
    });
  });

  test("with --profile, where the CPU went, also in docs/testing.md", async () => {
    const { code, stdout } = await run("--profile");
    assert.equal(code, 0, stdout);
    const rows = stdout
      .split("\n")
      .filter((line) => line.startsWith("|"))
      .map((line) => line.split(/ *\| */).slice(1, -1));
    const tables = stdout.slice(stdout.indexOf("| Kind of process"));
    const kept = readFileSync(project.path("docs", "testing.md"), "utf8").split(/^<!-- .* -->\n\n/m);
    assert.deepEqual(kept.slice(1), [tables]);
    assert.deepEqual(rows[0], ["Kind of process", "Starts", "CPU s", "Share"]);
    const starts = new Map(rows.map(([kind, number]) => [kind, number]));
    assert.equal(starts.get("test file"), "1");
    assert.equal(starts.get("shared test process"), "1");
    assert.equal(starts.get("all"), "2");
    const files = rows.filter(([name]) => name?.endsWith(".test.ts")).map(([name]) => name);
    assert.deepEqual(files.sort(), [
      "lab/tests/pure.test.ts",
      "tests/alone.test.ts",
      "tests/pure-1.test.ts",
      "tests/pure-2.test.ts",
      "tests/pure-3.test.ts",
    ]);
  });
});

/** Runs with one more test file, which fails; gives what is said of it at the end. */
async function failuresWith(file: string, text: string): Promise<string> {
  write(file, text);
  try {
    const finished = await run();
    assert.equal(finished.code, 1, finished.stdout);
    const [, failures = ""] = withoutTimes(finished).split(/^✖ failing tests:\n/m);
    return failures;
  } finally {
    rmSync(project.path(file));
  }
}

describe("what fails", () => {
  test("in a process that others share: the file and the test, and the others count", async () => {
    const failures = await failuresWith(
      "tests/pure-0.test.ts",
      `${head}test("no", () => assert.equal(1, 2));\n`,
    );
    assert.match(failures, /^test at tests\/pure-0\.test\.ts:\d+:\d+\n✖ no /m);
    assert.match(failures, /\n6 passed, 1 failed, 1 skipped\n/);
  });

  test("when its file is loaded", async () => {
    const failures = await failuresWith("tests/pure-0.test.ts", 'throw new Error("not today");\n');
    assert.match(failures, /^✖ tests\/pure-0\.test\.ts .*\n {2}Error: not today$/m);
    assert.match(failures, /\n6 passed, 1 failed, 1 skipped\n/);
  });

  for (const [what, change, told] of [
    ["a variable", 'process["env"]["LEFT"] = "x"', "environment variable LEFT"],
    ["the working folder", 'process["chdir"]("/")', "working folder"],
  ] as const)
    test(`leaving ${what} changed for others, and only the file that did it`, async () => {
      const failures = await failuresWith(
        "tests/pure-0.test.ts",
        `${passing("fine")}after(() => void (${change}));\n`,
      );
      assert.ok(
        failures.includes(`Error: tests/pure-0.test.ts left changed what other files use too: ${told}\n`),
        failures,
      );
      assert.match(failures, /\n7 passed, 1 failed, 1 skipped\n/);
    });

  test("breaking off, alone in its process", async () => {
    const failures = await failuresWith("tests/exit.test.ts", `${passing("fine")}process.exit(0);\n`);
    assert.match(failures, /^tests\/exit\.test\.ts: it ended without a result of any test$/m);
    const killed = await failuresWith(
      "tests/exit.test.ts",
      'import "./helper";\nprocess.kill(process.pid, "SIGKILL");\n',
    );
    assert.match(killed, /^tests\/exit\.test\.ts: it ended with SIGKILL$/m);
    assert.match(killed, /\n6 passed, 1 failed, 1 skipped\n/);
  });
});
