/* Of each step that is looked at, the table knows how to change by hand what it sets. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { repository } from "../helpers/repository";
import { shuffled } from "./random";
import { atOnce, breaksOfRoom, foundAfter, roomOf, rowsOf, scriptSteps, setsNothing } from "./table";

const files = (folder: string) => ({
  hypervisorConfig: join(folder, "phoenix_hypervisor_config.json"),
  lxcConfigs: join(folder, "phoenix_lxc_configs.json"),
});

for (const folder of ["environments/dev", "../shared/phoenix"]) {
  const place = join(repository, folder);
  test(`${folder}: each step with a look has a row`, { skip: !existsSync(place) }, () => {
    const steps = scriptSteps(files(place));
    const rows = rowsOf(steps);
    const shown = foundAfter(rows);
    const looked = steps.filter((step) => step.look !== undefined && !setsNothing(step));
    assert.deepEqual(
      looked.map(({ name }) => name).filter((name) => shown[name] === undefined),
      [],
      "each needs a row in tests/drift that breaks what it sets",
    );
    assert.ok(looked.length > 60, String(looked.length));
    // Most can be made at once, in whatever order.
    for (const seed of [1, 2, 3]) assert.ok(atOnce(shuffled(rows, seed)).length > rows.length / 2);
  });
}

test("the table has no room that is none", () => {
  const rooms = Object.keys(breaksOfRoom);
  assert.deepEqual(
    rooms.filter((room) => !existsSync(join(repository, "components", room))),
    [],
  );
  assert.equal(roomOf({ script: join(repository, "components/a/b/b.sh") }), "a/b");
});

test("of what excludes one another only one is chosen", () => {
  const row = (by: string, rest: object = {}) => ({ step: by, room: "", sets: "", by, shows: [by], ...rest });
  const rows = [
    row("stop", { apart: ["runs"] }),
    row("inside", { needs: ["runs"] }),
    row("inside too", { needs: ["runs"] }),
    row("gone", { undo: "true" }),
    row("else"),
  ];
  const names = (chosen: readonly { by: string }[]) => chosen.map(({ by }) => by);
  assert.deepEqual(names(atOnce(rows)), ["stop", "else"]);
  assert.deepEqual(names(atOnce([...rows].reverse())), ["else", "inside too", "inside"]);
  assert.deepEqual(names(atOnce(rows, 1)), ["stop"]);
});
