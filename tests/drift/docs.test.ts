/* docs/drift.md lists what is looked at as the tables of these tests have it. After a wanted change it is written again by
   PHOENIX_DOCS=write npm test -- drift/docs */
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { format, resolveConfig } from "prettier";
import { filesBelow } from "../docs/files";
import { repository } from "../helpers/repository";
import { devRows } from "./dev-rows";
import { lookedText, markers, withoutText, withText } from "./docs";
import { elsewhere } from "./elsewhere";
import { rowsBeside } from "./every-key";
import { machineKeyRows } from "./machine-keys";

const file = join(repository, "docs", "drift.md");
const ofDev = devRows();
const rows = [...ofDev, ...rowsBeside(ofDev), ...machineKeyRows()];

test("docs/drift.md says what is looked at, and what is not", async () => {
  const now = readFileSync(file, "utf8");
  const looked = withText(now, markers.looked, lookedText(rows));
  const options = await resolveConfig(file);
  const made = await format(withText(looked, markers.without, withoutText()), { ...options, filepath: file });
  if (process.env.PHOENIX_DOCS === "write") writeFileSync(file, made);
  else assert.equal(now, made, "PHOENIX_DOCS=write npm test -- drift/docs writes it again");
});

test("every room with a look is there", () => {
  const looks = filesBelow("components", "-look.sh").map((look) =>
    look.replace(/^components\//, "").replace(/\/[^/]*$/, ""),
  );
  const told = new Set([...rows.map(({ room }) => room), ...Object.keys(elsewhere)]);
  // These share the look of a step beside them.
  const beside = ["active", "restart", "start-guests", "stop-guests"].map(
    (name) => `hypervisor/nvidia-driver/${name}`,
  );
  assert.deepEqual(
    looks.filter((room) => !told.has(room) && !beside.includes(room)),
    [],
    "each needs a row in tests/drift",
  );
  assert.ok(looks.length > 50, String(looks.length));
});

test("what the dev estate has no step of is changed by hand elsewhere", () => {
  for (const [room, { test: place }] of Object.entries(elsewhere)) {
    assert.ok(existsSync(join(repository, place)), place);
    assert.ok(
      readdirSync(join(repository, "components", room)).some((name) => name.endsWith("-look.sh")),
      room,
    );
    assert.ok(!rows.some((row) => row.room === room), `${room} has rows of the dev estate`);
  }
});
