/* A change of one key of one entry touches exactly the steps that depend on it. The whole program runs on an estate
   with a container for each row, once as it is and once with every row's change: what each container registers
   differently is the row's own steps, and nothing else differs. */
import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { schemaFiles } from "../../config/export-schemas";
import { answerOf } from "./alone";
import { cloneRows, hostRows, plainRows, subjects, templateRows, type Touched } from "./container-keys";
import { containerRestarts, restartWords } from "./restarts";
import { keysOf, type Schema } from "./schema-keys";

test("every key of an entry has a row", () => {
  const schema = JSON.parse(schemaFiles()["phoenix_lxc_configs.schema.json"] ?? "{}") as Schema;
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
  const tests = ["test-greeting-1", "tests"];
  /** Of the entry, what no script is told. */
  const notHandedOn = new Set(["protect", "root_password_hash", "shutdown_timeout", "state"]);

  for (const { ctid, kind, scripts, row } of subjects) {
    const [key, , ...steps] = row;
    test(`${kind}${scripts ? " with scripts" : ""}, ${key}: ${steps.join(", ") || "nothing"}`, () => {
      const prefix = `ct-${ctid}-`;
      const own = found.inContainers.filter((name) => name.startsWith(prefix));
      const all = [...(scripts ? readers : []), ...(kind === "clone" ? tests : [])];
      const again = notHandedOn.has(key) ? [] : all;
      const wanted = [...steps, ...again.filter((step) => !steps.includes(`${step} is gone`))];
      assert.deepEqual(
        own.map((name) => name.slice(prefix.length)),
        [...new Set(wanted)].sort(),
      );
      const words = steps.includes("start") ? restartWords(containerRestarts, key) : undefined;
      assert.deepEqual(
        found.notes
          .filter((line) => line.startsWith(`CT ${ctid} `))
          .map((line) => line.replace(/^CT \d+ \S+ /, "")),
        words === undefined ? [] : [`restarts, if it runs: ${words} changed.`],
      );
    });
  }

  test("every key for which the preview announces a restart is one of the table", () => {
    const announced = subjects.filter(({ ctid }) =>
      found.notes.some((line) => line.startsWith(`CT ${ctid} `)),
    );
    const ofHost = hostRows.filter((_, index) => found.hostNotes[index]?.length);
    assert.deepEqual(
      [...new Set([...announced.map(({ row: [key] }) => key), ...ofHost.map(([key]) => key)])].sort(),
      Object.values(containerRestarts).flat().sort(),
    );
  });

  test("all others are left alone: the containers that wait for these, their sources, the host", () => {
    const own = new Set(subjects.map(({ ctid }) => `ct-${ctid}-`));
    const others = found.inContainers.filter((name) => !own.has(/^ct-\d+-/.exec(name)?.[0] ?? ""));
    assert.deepEqual(others, ["guests-template-debian.tar.zst is new"]);
  });

  for (const [index, [key, , ...names]] of hostRows.entries()) {
    test(`of the host's file, ${key}: ${names.join(", ")}`, () => {
      const wanted = names.map((name) => (/^(ct|guests)-/.test(name) ? name : `ct-1000-${name}`));
      assert.deepEqual(found.onHost[index], wanted.sort());
      const words = restartWords(containerRestarts, key);
      const restarted = words === undefined ? [] : wanted.filter((name) => name.endsWith("-start"));
      assert.deepEqual(
        found.hostNotes[index]?.sort(),
        restarted.map((name) => {
          const [, ctid] = name.split("-");
          return `CT ${ctid} ct${ctid} restarts, if it runs: ${words} changed.`;
        }),
      );
    });
  }
});
