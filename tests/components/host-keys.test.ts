/* Every key of the host's file changes what the program registers, or a warning says that it has no effect. */
import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { schemaFiles } from "../../config/export-schemas";
import { hostKeys } from "../../config/rules/no-effect";
import { answerOf } from "./alone";
import { type Changed, host, rows } from "./host-keys";
import { machineRestarts, restartWords } from "./restarts";
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
  /** For each row what differs, or why it was refused; last, of a second run of the sample itself. */
  let found: (Changed | string)[] = [];
  before(async () => {
    found = await answerOf("host-keys-program.ts");
  });
  for (const [index, [key, place]] of rows.entries()) {
    test(`${key} (${place})`, () => {
      const changed = found[index];
      assert.ok(typeof changed === "object", changed as string | undefined);
      assert.notDeepEqual(changed.touched, []);
    });
  }
  for (const [index, [key, place]] of rows.entries()) {
    if (!key.startsWith("vms[].")) continue;
    const words = restartWords(machineRestarts, key.slice("vms[].".length));
    test(`${key} (${place}): the preview announces ${words === undefined ? "no restart" : `a restart for ${words}`}`, () => {
      const why =
        words === "passwordHash"
          ? "its settings hold a secret and are not compared here"
          : `${words} changed`;
      const { vmid, name } = (host()["vms"] as { vmid: number; name: string }[])[
        Number(place.split(".")[1])
      ]!;
      // Another name stands in the words, too.
      const shown = key === "vms[].name" ? "renamed" : name;
      assert.deepEqual(
        (found[index] as Changed).notes,
        words === undefined ? [] : [`VM ${vmid} ${shown} restarts, if it runs: ${why}.`],
      );
    });
  }
  test("every key of the table of restarts has a row", () => {
    const keys = new Set(rows.map(([key]) => key));
    const missing = Object.values(machineRestarts)
      .flat()
      .filter((key) => !keys.has(`vms[].${key}`));
    assert.deepEqual(missing, []);
  });
  test("nothing else does: what has not changed is registered as before", () => {
    assert.deepEqual(found.slice(rows.length), [{ touched: [], notes: [] }]);
  });
});
