/* The note that a step's settings were applied: the prelude alone, on this machine, with folders of its own. */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, test } from "node:test";
import { scriptText, settingsText } from "../../components/host/script";
import { scratch } from "../helpers/scratch";
import { scriptOf } from "../helpers/scripts";

let state: string;
beforeEach(() => (state = scratch()));

const settings = { tag: "phoenix-a", resource: "host-zfs-dataset-tank/data", password: "correct horse" };
const note = () => join(state, "applied", "phoenix-a", "host-zfs-dataset-tank%data");
const read = (file: string) => readFileSync(file, "utf8");
const environment = () => ({ ...process.env, PHOENIX_STATE: state, PHOENIX_RUN: join(state, "run") });

/** Runs a step of these lines; a removal's are behind what runs before every removal. */
function run(input: object, lines: string, removal?: "removal") {
  const text = scriptText(...(removal ? [scriptOf("host", "removal")] : [])) + lines;
  return spawnSync("bash", ["-c", text], {
    input: settingsText(input),
    encoding: "utf8",
    env: environment(),
  });
}

test("a step that succeeded has a note: a salted digest of its standard input, and its result", () => {
  const { stdout, stderr } = run(settings, 'read_settings; changed "did it"; report');
  assert.equal(stdout, '{"changed":true,"did":["did it"]}\n', stderr);
  const key = read(join(state, "applied", "key"));
  assert.match(key, /^[0-9a-f]{32}\n$/);
  const digest = createHash("sha256")
    .update(`${key.trim()}${settingsText(settings)}\n`)
    .digest("hex");
  assert.equal(read(note()), `${digest}\n${stdout}`);
  for (const file of [note(), join(state, "applied", "key")])
    assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.equal(statSync(join(state, "applied", "phoenix-a")).mode & 0o777, 0o700);
});

test("a step that failed leaves the note of before; one that never succeeded has none", () => {
  run(settings, "read_settings; err no");
  assert.equal(existsSync(note()), false);
  run(settings, "read_settings; report");
  const before = read(note());
  run({ ...settings, password: "other" }, "read_settings; err no");
  assert.equal(read(note()), before);
  run({ ...settings, password: "other" }, "read_settings; report");
  assert.notEqual(read(note()), before);
});

test("a removal takes the note away with its result, also one that reads no settings", () => {
  run(settings, "read_settings; report");
  assert.equal(run(settings, "err no", "removal").status, 1);
  assert.ok(existsSync(note()));
  assert.equal(run(settings, "cat >/dev/null; report", "removal").stdout, '{"changed":false,"did":[]}\n');
  assert.equal(existsSync(note()), false);
});

test("two stacks of a node have notes of their own, by one key", () => {
  run(settings, "read_settings; report");
  const key = read(join(state, "applied", "key"));
  run({ ...settings, tag: "phoenix-b" }, "read_settings; report");
  assert.deepEqual(readdirSync(join(state, "applied")).sort(), ["key", "phoenix-a", "phoenix-b"]);
  assert.equal(read(join(state, "applied", "key")), key);
});

test("steps that make the key at once have one", async () => {
  const all = Array.from({ length: 6 }, (_, index) => {
    const child = spawn("bash", ["-c", `${scriptText()}read_settings; report`], { env: environment() });
    child.stdin.end(settingsText({ ...settings, resource: `step-${index}` }));
    return new Promise((resolve) => child.on("close", resolve));
  });
  assert.deepEqual(await Promise.all(all), [0, 0, 0, 0, 0, 0]);
  assert.deepEqual(readdirSync(join(state, "applied")).sort(), ["key", "phoenix-a"]);
  const key = read(join(state, "applied", "key")).trim();
  for (let index = 0; index < 6; index += 1) {
    const own = settingsText({ ...settings, resource: `step-${index}` });
    const [digest] = read(join(state, "applied", "phoenix-a", `step-${index}`)).split("\n");
    assert.equal(digest, createHash("sha256").update(`${key}${own}\n`).digest("hex"));
  }
});

test("what is no step, and a look, leave nothing", () => {
  run({ tag: "phoenix-a" }, "read_settings; report");
  run(settings, "read_settings; LOOK=end_look; report");
  assert.deepEqual(readdirSync(state), []);
});

test("a note that cannot be written is a warning, and the step has succeeded", () => {
  mkdirSync(join(state, "applied"));
  writeFileSync(join(state, "applied", "phoenix-a"), "");
  const { status, stdout, stderr } = run(settings, "read_settings; report");
  assert.equal(status, 0);
  assert.equal(stdout, '{"changed":false,"did":[]}\n');
  assert.match(stderr, /warning: it could not be noted/);
});
