/* Every key of the host's file changes what the program registers, or a warning says that it has no effect. */
import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { schemaFiles } from "../../config/export-schemas";
import { hostKeys } from "../../config/rules/no-effect";
import { answerOf } from "./alone";
import { rows } from "./host-keys";
import { keysOf, type Schema } from "./schema-keys";

/** What says something about the file, and what a rule looks at and nothing else. */
const forPeople = /^(\$schema|version|author|(.*\.)?description)$/;
const checkedOnly = ["mount_point_base", "vms[].passthrough[].gpu"];

test("every key has a row, or a warning that it has no effect", () => {
  const schema = JSON.parse(schemaFiles()["phoenix_hypervisor_config.schema.json"] ?? "{}") as Schema;
  const withoutEffect = (key: string) =>
    hostKeys.some(([other]) => key === other || key.startsWith(`${other}.`));
  const missing = keysOf(schema).filter(
    (key) => !withoutEffect(key) && !forPeople.test(key) && !checkedOnly.includes(key),
  );
  assert.deepEqual([...new Set(rows.map(([key]) => key))].sort(), missing.sort());
});

describe("a changed key changes what is registered", () => {
  /** For each row the names of what differs, or why it was refused; last, of a second run of the sample itself. */
  let found: (string[] | string)[] = [];
  before(async () => {
    found = await answerOf("host-keys-program.ts");
  });
  for (const [index, [key, place]] of rows.entries()) {
    test(`${key} (${place})`, () => {
      const touched = found[index];
      assert.ok(Array.isArray(touched), String(touched));
      assert.notDeepEqual(touched, []);
    });
  }
  test("nothing else does: what has not changed is registered as before", () => {
    assert.deepEqual(found.slice(rows.length), [[]]);
  });
});
