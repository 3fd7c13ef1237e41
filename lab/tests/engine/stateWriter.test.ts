import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { test, type TestContext } from "node:test";
import { Snapshot } from "../../engine/core/snapshot";
import type { Resource } from "../../engine/core/state";
import { UserError } from "../../engine/errors";
import { Backend } from "../../engine/store/backend";
import { Crypter } from "../../engine/store/secrets";
import { Sealer } from "../../engine/store/serialize";
import { StateWriter } from "../../engine/store/stateWriter";

function emptyStack(t: TestContext): { backend: Backend; folder: string } {
  const folder = mkdtempSync(join(tmpdir(), "engine-state-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const backend = new Backend(`file://${folder}`, folder, "demo");
  backend.create("dev", "v1:none");
  return { backend, folder: dirname(backend.stackPath("dev")) };
}

const of = (version: string): Buffer => Buffer.from(JSON.stringify({ manifest: { version } }));
const read = (backend: Backend): string | undefined => backend.read("dev")?.manifest.version;

test("what is written at once is not overtaken by what was under way, and nothing is left over", async (t) => {
  const { backend, folder } = emptyStack(t);
  const writer = new StateWriter(backend, "dev");
  await writer.write(of("first"));
  assert.equal(read(backend), "first");
  const late = writer.write(of("late"));
  writer.writeNow(of("last"));
  assert.equal(read(backend), "last");
  await late;
  assert.equal(read(backend), "last");
  assert.deepEqual(readdirSync(folder).sort(), ["dev.json", "dev.json.bak"]);
});

test("a state that cannot be written is told with its file", async (t) => {
  const { backend, folder } = emptyStack(t);
  const writer = new StateWriter(backend, "dev");
  rmSync(folder, { recursive: true });
  await assert.rejects(writer.write(of("lost")), (error: unknown) => {
    assert.ok(error instanceof UserError);
    assert.match(error.message, /^failed to write the state \S+\/dev\.json: ENOENT: /);
    return true;
  });
});

test("changes while a write is under way share the next one, and none resolves before it is in", async () => {
  const written: string[] = [];
  const crypter = await Crypter.create("test");
  const sink = {
    write: async (text: Buffer) => {
      await sleep(20);
      written.push(text.toString());
    },
    writeNow: (text: Buffer) => void written.push(text.toString()),
  };
  const snapshot = new Snapshot([], [], new Sealer(crypter), undefined, sink);
  await Promise.all(
    Array.from({ length: 50 }, async (_, i) => {
      await sleep(i % 5);
      const urn = `urn:pulumi:dev::demo::probe:index:Thing::r${i}`;
      const made: Resource = { urn, custom: true, type: "probe:index:Thing", inputs: {}, outputs: {} };
      snapshot.put(undefined, made);
      await snapshot.commit();
      assert.ok(written.at(-1)?.includes(`"${urn}"`), `${urn} is not in the last of ${written.length}`);
    }),
  );
  // Fifty resources change at five moments.
  assert.ok(written.length <= 6, `${written.length} writes`);
});

test("what is the same as before is not written again", async () => {
  const written: string[] = [];
  const sink = {
    write: (text: Buffer) => Promise.resolve(void written.push(text.toString())),
    writeNow: (text: Buffer) => void written.push(text.toString()),
  };
  const urn = "urn:pulumi:dev::demo::demo:index:Part::part";
  const part = (outputs: Resource["outputs"]): Resource => ({
    ...{ urn, custom: false, type: "demo:index:Part", inputs: {}, outputs },
  });
  const sealer = new Sealer(await Crypter.create("test"));
  const snapshot = new Snapshot([part({ size: 1 })], [], sealer, undefined, sink);
  const [old] = snapshot.resources();
  const made = part({ size: 1 });
  snapshot.put(old, made);
  made.outputs = { size: 1 };
  snapshot.touch(made);
  await snapshot.commit();
  assert.deepEqual(written, []);
  made.outputs = { size: 2 };
  snapshot.touch(made);
  await snapshot.commit();
  assert.equal(written.length, 1);
  assert.match(written[0] ?? "", /"outputs":\{"size":2\}/);
});
