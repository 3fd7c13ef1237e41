import assert from "node:assert/strict";
import { pbkdf2Sync, randomBytes } from "node:crypto";
import { existsSync, readdirSync, readFileSync, rmSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { deriveKey, newSalt } from "../../engine/store/keys";
import { repository } from "./project";

const folder = join(repository, "node_modules", ".cache", "phoenix");

/** Files that keep the key. Others come and go: tests of other stacks run now, and write theirs. */
const keptIn = (key: Buffer): string[] =>
  readdirSync(folder)
    .map((name) => join(folder, name))
    .filter((file) => existsSync(file) && readFileSync(file).includes(key));

const pulumis = (passphrase: string, salt: Buffer) =>
  pbkdf2Sync(passphrase, salt, 1_000_000, 32, "sha256").toString("hex");

test("the key of a public passphrase is kept, and derived again where the file is damaged", async (t) => {
  const passphrase = `public ${randomBytes(8).toString("hex")}`;
  process.env["LAB_PUBLIC_PASSPHRASE"] = passphrase;
  t.after(() => delete process.env["LAB_PUBLIC_PASSPHRASE"]);
  const salt = newSalt(passphrase);
  assert.deepEqual([salt.length, newSalt(passphrase)], [8, salt]);
  const key = await deriveKey(passphrase, salt);
  assert.equal(key.toString("hex"), pulumis(passphrase, salt));
  const [file = "", ...others] = keptIn(key);
  t.after(() => rmSync(file));
  assert.deepEqual(others, []);
  const began = process.cpuUsage();
  assert.deepEqual(await deriveKey(passphrase, salt), key);
  assert.ok(process.cpuUsage(began).user < 50_000, "it was derived again");
  truncateSync(file, 31);
  assert.deepEqual(await deriveKey(passphrase, salt), key);
  assert.deepEqual(keptIn(key), [file]);
});

test("no key of another passphrase is kept anywhere, and each salt is new", async (t) => {
  process.env["LAB_PUBLIC_PASSPHRASE"] = "another";
  t.after(() => delete process.env["LAB_PUBLIC_PASSPHRASE"]);
  const salt = newSalt("correct horse");
  assert.notDeepEqual(newSalt("correct horse"), salt);
  const key = await deriveKey("correct horse", salt);
  assert.equal(key.toString("hex"), pulumis("correct horse", salt));
  assert.deepEqual(keptIn(key), []);
});
