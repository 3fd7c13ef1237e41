/* A change of one key of one entry touches exactly the steps that depend on it. The whole program runs on an estate
   with a container for each row, once as it is and once with every row's change: what each container registers
   differently is the row's own steps, and nothing else differs. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { before, describe, test } from "node:test";
import { repository } from "../helpers/repository";
import { answerOf } from "./alone";
import { cloneRows, hostRows, plainRows, subjects, templateRows, type Touched } from "./container-keys";
import { keysOf, type Schema } from "./schema-keys";

test("every key of an entry has a row", () => {
  const file = join(repository, "config", "schemas", "phoenix_lxc_configs.schema.json");
  const schema = JSON.parse(readFileSync(file, "utf8")) as Schema;
  const entry = schema.properties?.["lxc_configs"]?.additionalProperties;
  assert.ok(typeof entry === "object");
  const covered = [...cloneRows, ...plainRows, ...templateRows].map(([key]) => key);
  assert.deepEqual([...new Set(covered)].sort(), keysOf(entry).sort());
});

describe("a changed key touches exactly its steps", () => {
  let found: Touched;
  before(async () => {
    found = await answerOf("container-keys-program.ts");
  });

  /** Steps that read a container's whole entry, and the one that looks at what they did. */
  const readers = ["application", "feature-models", "health", "hook"];
  /** Of the entry, what no script is told. */
  const notHandedOn = new Set(["protect", "shutdown_timeout", "state"]);

  for (const { ctid, kind, scripts, row } of subjects) {
    const [key, , ...steps] = row;
    test(`${kind}${scripts ? " with scripts" : ""}, ${key}: ${steps.join(", ") || "nothing"}`, () => {
      const prefix = `ct-${ctid}-`;
      const own = found.inContainers.filter((name) => name.startsWith(prefix));
      const again = scripts && !notHandedOn.has(key) ? readers : [];
      const wanted = [...steps, ...again.filter((step) => !steps.includes(`${step} is gone`))];
      assert.deepEqual(
        own.map((name) => name.slice(prefix.length)),
        [...new Set(wanted)].sort(),
      );
    });
  }

  test("all others are left alone: the containers that wait for these, their sources, the host", () => {
    const own = new Set(subjects.map(({ ctid }) => `ct-${ctid}-`));
    const others = found.inContainers.filter((name) => !own.has(/^ct-\d+-/.exec(name)?.[0] ?? ""));
    assert.deepEqual(others, ["guests-template-debian.tar.zst is new"]);
  });

  for (const [index, [key, , ...names]] of hostRows.entries()) {
    test(`of the host's file, ${key}: ${names.join(", ")}`, () => {
      const wanted = names.map((name) => (/^(ct|guests)-/.test(name) ? name : `ct-1000-${name}`));
      assert.deepEqual(found.onHost[index], wanted.sort());
    });
  }
});
