/* What is run is named after its room; what is sourced lies in its area's lib, or in the room of what sources it. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { test } from "node:test";
import { filesBelow } from "../docs/files";
import { repository } from "../helpers/repository";

/** What runs inside guests, and programs that are no step, have folders of their own. */
const scripts = filesBelow("components", ".sh").filter((path) => !/\/(?:features|scripts)\//.test(path));
const text = (path: string) => readFileSync(join(repository, path), "utf8");
const room = (path: string) => basename(dirname(path));
const isLib = (path: string) => room(path) === "lib";
const sourced = new Set(
  filesBelow("components", ".sh").flatMap((path) =>
    [...text(path).matchAll(/^\. (\S+\.sh)$/gm)].map(([, name = ""]) => join("components", name)),
  ),
);
/** What begins with `main`, and what gives another script what it is run with. */
const isRun = (path: string) => /^main$/m.test(text(path)) || !sourced.has(path);
/** `Host` puts it in front of every script. */
const prelude = "components/host/lib/prelude.sh";

test("what is run is named after its room", () => {
  const suffixes = ["", "-look", "-remove", "-confirm", "-commit", "-in-run"];
  const misnamed = scripts
    .filter((path) => isRun(path) && path !== prelude)
    .filter((path) => !suffixes.some((suffix) => basename(path) === `${room(path)}${suffix}.sh`));
  assert.deepEqual(misnamed, []);
  assert.ok(scripts.length > 150, String(scripts.length));
});

test("what lies in lib is sourced, and nothing there is run", () => {
  const lib = scripts.filter((path) => isLib(path) && path !== prelude);
  assert.deepEqual(
    lib.filter((path) => isRun(path)),
    [],
  );
  assert.ok(lib.length > 30, String(lib.length));
});

test("what only one room sources lies in that room", () => {
  const users = (path: string) =>
    scripts.filter((other) => text(other).includes(`\n. ${path.slice("components/".length)}\n`));
  const apart = scripts.filter((path) => {
    const rooms = new Set(users(path).map(dirname));
    // What is for both kinds of guests lies there, whichever has it first.
    const isForBoth = path.startsWith("components/guest/lib/");
    return (
      isLib(path) &&
      !isForBoth &&
      rooms.size === 1 &&
      ![...rooms].some((folder) => basename(folder) === "lib")
    );
  });
  assert.deepEqual(apart, []);
});
