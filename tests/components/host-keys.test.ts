/* Every key of the host's file changes what the program registers, or a warning says that it has no effect. */
import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { capture } from "../../cli/process";
import { schemaFiles } from "../../config/export-schemas";
import { hostKeys } from "../../config/rules/no-effect";
import { rows } from "./host-keys";
import { join } from "node:path";

interface Schema {
  properties?: Record<string, Schema>;
  items?: Schema;
  additionalProperties?: Schema | boolean;
}

/** Keys as `vms[].name`, those that hold no others; comments are left out. */
function keysOf({ properties = {}, items, additionalProperties: values }: Schema, prefix: string): string[] {
  if (items) return items.properties ? keysOf(items, `${prefix}[]`) : [prefix];
  if (typeof values === "object") return values.properties ? keysOf(values, `${prefix}.*`) : [`${prefix}.*`];
  const names = Object.entries(properties).filter(([name]) => name !== "description");
  if (names.length === 0) return [prefix];
  return names.flatMap(([name, schema]) => keysOf(schema, prefix === "" ? name : `${prefix}.${name}`));
}

/** What says something about the file, and what a rule looks at and nothing else. */
const forPeople = ["$schema", "version", "author"];
const checkedOnly = ["mount_point_base"];

test("every key has a row, or a warning that it has no effect", () => {
  const schema = JSON.parse(schemaFiles()["phoenix_hypervisor_config.schema.json"] ?? "{}") as Schema;
  const withoutEffect = (key: string) =>
    hostKeys.some(([other]) => key === other || key.startsWith(`${other}.`));
  const missing = keysOf(schema, "").filter(
    (key) => !withoutEffect(key) && ![...forPeople, ...checkedOnly].includes(key),
  );
  assert.deepEqual([...new Set(rows.map(([key]) => key))].sort(), missing.sort());
});

describe("a changed key changes what is registered", () => {
  let found: (string[] | string)[] = [];
  before(async () => {
    const program = join(__dirname, "host-keys-program.ts");
    const { code, stdout, stderr } = await capture(process.execPath, [
      "--require",
      "./scripts/typescript.js",
      program,
    ]);
    assert.equal(code, 0, stderr);
    found = JSON.parse(stdout) as typeof found;
  });
  for (const [index, [key, place]] of rows.entries()) {
    test(`${key} (${place})`, () => {
      const touched = found[index];
      assert.ok(Array.isArray(touched), String(touched));
      assert.notDeepEqual(touched, []);
    });
  }
});
