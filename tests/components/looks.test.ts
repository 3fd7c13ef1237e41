/* Every step on the node has a look, by which a preview shows what was changed by hand, or stands in a list here. */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { test } from "node:test";
import { scriptText } from "../../components/host/script";
import { loadEstate } from "../../config/estate";
import { planEstate } from "../../plan/estate";
import { filesOnly } from "../../plan/facts";
import type { ScriptStep } from "../../plan/step";
import { filesBelow } from "../docs/files";
import { repository } from "../helpers/repository";
import { withoutLook } from "./without-look";

const rooms = filesBelow("components", "step.ts")
  .map(dirname)
  .filter((room) => existsSync(join(repository, room, `${basename(room)}.sh`)));
const lookOf = (room: string) => join(repository, room, `${basename(room)}-look.sh`);
const without = Object.keys(withoutLook).map((room) => `components/${room}`);

test("every room has a look, or stands in the list of those without", () => {
  const missing = rooms.filter((room) => !existsSync(lookOf(room)) && !without.includes(room));
  assert.deepEqual(missing, [], "each needs a look, or a row of without-look.ts that says why it has none");
  assert.ok(rooms.length > 50, String(rooms.length));
});

test("the list has only rooms without a look", () => {
  assert.deepEqual(
    without.filter((room) => !rooms.includes(room) || existsSync(lookOf(room))),
    [],
  );
});

test("a host's room without a look says so itself", () => {
  const silent = Object.entries(withoutLook)
    .filter(([, why]) => why !== "not yet")
    .map(([room]) => `components/${room}/step.ts`)
    .filter((file) => !/no look/i.test(readFileSync(join(repository, file), "utf8")));
  assert.deepEqual(silent, []);
});

for (const folder of ["environments/dev", "../shared/phoenix"]) {
  const place = join(repository, folder);
  test(`${folder}: each step of the plan has the look of its room`, { skip: !existsSync(place) }, () => {
    const { estate } = loadEstate({
      hypervisorConfig: join(place, "phoenix_hypervisor_config.json"),
      lxcConfigs: join(place, "phoenix_lxc_configs.json"),
    });
    const steps = planEstate(estate, filesOnly)
      .parts.flatMap((part) => (part.kind === "component" ? part.steps : []))
      .filter((step): step is ScriptStep => step.kind === "script");
    const wrong = steps.filter(({ script, look }) => {
      const room = relative(repository, dirname(script));
      return (look !== undefined) === without.includes(room);
    });
    assert.deepEqual(
      wrong.map(({ name }) => name),
      [],
    );
    assert.ok(steps.length > 20, String(steps.length));
  });
}

test("what a look runs ends in what look.sh begins", () => {
  const looks = rooms.map(lookOf).filter(existsSync);
  const wrong = looks.filter((look) => !/^LOOK=end_look$/m.test(scriptText(look)));
  assert.deepEqual(wrong, []);
});
