/* Many looks by one command: look-all.sh on this machine, with folders of its own, as `runLooks` sends it. */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { type Found, runLooks } from "../../components/drift/looks";
import { scriptText } from "../../components/host/script";
import type { Answer } from "../../components/host/session";
import { scratch } from "../helpers/scratch";

const folder = scratch();
const PHOENIX_RUN = join(folder, "run");
const environment = { ...process.env, PHOENIX_RUN, PHOENIX_STATE: join(folder, "state") };

/** Runs a command as sshd does, on this machine. */
const local = {
  run: (command: string, input: string | Buffer): Promise<Answer> =>
    new Promise((resolve) => {
      const child = spawn("bash", ["-c", command], { env: environment });
      const [stdout, stderr]: Buffer[][] = [[], []];
      child.stdout.on("data", (data: Buffer) => stdout!.push(data));
      child.stderr.on("data", (data: Buffer) => stderr!.push(data));
      child.on("close", (code) =>
        resolve({
          code: code ?? undefined,
          stdout: Buffer.concat(stdout!),
          stderr: Buffer.concat(stderr!).toString(),
        }),
      );
      child.stdin.on("error", () => undefined); // it ended without reading
      child.stdin.end(input);
    }),
};

let scripts = 0;

/** A look of these lines, behind what looks share. */
function scriptOf(...lines: string[]): string {
  const file = join(folder, `look-${(scripts += 1)}.sh`);
  writeFileSync(file, [". host/lib/look.sh", "set -euo pipefail", ...lines, ""].join("\n"));
  return file;
}

type Case = [script: string, settings?: object];

function looked(cases: Case[], limits = { one: 20, all: 60 }): Promise<Found[]> {
  const looks = cases.map(([script, settings = {}], index) => ({
    step: `step-${index}`,
    script,
    input: JSON.stringify(settings),
  }));
  return runLooks(local, looks, limits);
}

const good = scriptOf("read_settings", "finish_look");
const tells = scriptOf(
  "read_settings",
  "local_text=''",
  "load local_text=text",
  'deviates "$local_text"',
  "finish_look",
);

describe("many looks by one command", () => {
  test("each has its own settings and its own answer, in their order", async () => {
    const cases = Array.from({ length: 40 }, (_, index): Case => [tells, { text: `number ${index}` }]);
    const found = await looked(cases);
    assert.deepEqual(
      found,
      cases.map((_, index) => ({ deviations: [`number ${index}`] })),
    );
    assert.deepEqual(readdirSync(PHOENIX_RUN), []);
  });

  test("settings are as read_settings reads them", async () => {
    const settings = {
      text: "größe → € 'quoted' \"twice\" $(id) `id` \\ \u0001",
      lines: "a\nb\n",
      deep: { deeper: { deepest: 1, tooDeep: { x: 1 } } },
      list: ["one", "", "two"],
      off: false,
      none: null,
      nul: "a\u0000b",
    };
    const lines = [
      "read_settings",
      'for key in "${!SETTING[@]}"; do printf "%s=%q\\n" "$key" "${SETTING[$key]}"; done | sort',
    ];
    const look = scriptOf(
      ...lines.slice(0, 1),
      `deviates "$(${lines[1]})"`,
      'deviates "$SETTINGS"',
      "finish_look",
    );
    const text = `${scriptText()}${lines.join("\n")} >&3`;
    const alone = spawnSync("bash", ["-c", text], {
      input: JSON.stringify(settings),
      encoding: "utf8",
      env: environment,
    });
    assert.equal(alone.status, 0, alone.stderr);
    assert.deepEqual(await looked([[look, settings]]), [
      { deviations: [alone.stdout.trimEnd(), JSON.stringify(settings)] },
    ]);
  });

  test("what one look leaves in its shell, no other one finds", async () => {
    const leaves = scriptOf("read_settings", "left=behind", "cd /", "finish_look");
    const finds = scriptOf(
      "read_settings",
      'deviates "${left-nothing} ${SETTING[.other]-nothing}"',
      "finish_look",
    );
    const found = await looked([[leaves, { other: "x" }], [finds], [leaves, { other: "y" }], [finds]]);
    assert.deepEqual(
      [found[1], found[3]],
      [{ deviations: ["nothing nothing"] }, { deviations: ["nothing nothing"] }],
    );
  });

  test("a look that hangs is ended with all that it started, and told; the others answer", async () => {
    const mark = `sleep 30${process.pid}`;
    const hangs = scriptOf("read_settings", `(${mark} & ${mark}) | cat`, "finish_look");
    const began = Date.now();
    assert.deepEqual(
      await looked([[hangs], [good], [hangs], [tells, { text: "seen" }]], { one: 1, all: 60 }),
      [
        { failure: "it took longer than 1 s" },
        { deviations: [] },
        { failure: "it took longer than 1 s" },
        { deviations: ["seen"] },
      ],
    );
    assert.ok(Date.now() - began < 15_000);
    assert.equal(spawnSync("pgrep", ["-fx", mark], { encoding: "utf8" }).stdout, "");
  });

  test("a look that fails, crashes or prints nothing is told by its last word; the others answer", async () => {
    const cases: Case[] = [
      [scriptOf("read_settings", "echo first; echo why it failed >&2", "exit 3")],
      [scriptOf("read_settings", "false", "finish_look")],
      [scriptOf("kill -SEGV $BASHPID")],
      [scriptOf("read_settings")],
      [scriptOf("read_settings", "echo no JSON >&3")],
      [scriptOf("read_settings", "(((")],
      [good],
    ];
    const found = (await looked(cases)).map((each) => ("failure" in each ? each.failure : each.deviations));
    assert.match(String(found[5]), /EOF|syntax error/);
    assert.deepEqual(
      [...found.slice(0, 5), ...found.slice(6)],
      [
        "why it failed",
        "it ended with exit code 1",
        "it ended with exit code 139",
        "it printed no result",
        "it printed no result, but: no JSON\n",
        [],
      ],
    );
  });

  test("what a step would refuse is a deviation", async () => {
    assert.deepEqual(await looked([[scriptOf("read_settings", "err pool tank is gone")]]), [
      { deviations: ["pool tank is gone"] },
    ]);
  });

  test("settings of 300 KB, and deviations with any text", async () => {
    const text = `${"long → \t'\"\\ ".repeat(25_000)}end`;
    const says = scriptOf(
      "read_settings",
      "long=''",
      "load long=text",
      'deviates "${#long} ${long: -3}"',
      "deviates $'two\\nlines, a tab\\t, \"quotes\" and größe →'",
      "finish_look",
    );
    assert.deepEqual(await looked([[says, { text }], [good]]), [
      { deviations: [`${Buffer.byteLength(text)} end`, 'two\nlines, a tab\t, "quotes" and größe →'] },
      { deviations: [] },
    ]);
  });

  test("after the time for all, those that are left are told as late", async () => {
    const slow = scriptOf("read_settings", "sleep 1", "finish_look");
    const found = await looked(
      Array.from({ length: 60 }, () => [slow]),
      { one: 20, all: 4 },
    );
    assert.ok(found.some((each) => "deviations" in each));
    assert.deepEqual(found.at(-1), { failure: "the looks before it took all the time there is" });
  });

  test("nothing to look at is no work", async () => assert.deepEqual(await looked([]), []));
});

describe("where it cannot look at all", () => {
  const shell = (shellName: string) => ({
    run: (_command: string, input: string | Buffer) => local.run(`exec ${shellName}`, input),
  });

  test("an answer that breaks off is an error", async () => {
    await assert.rejects(
      runLooks(shell("false"), [{ step: "a", script: good, input: "{}" }], { one: 1, all: 1 }),
      /its answer broke off/,
    );
  });
});
