import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { utils } from "ssh2";
import { ensureKeys } from "../../host/machine/keys";

// ssh2 makes one unreadable key in about 400.
test("a thousand keys, and every one can be read", async () => {
  const folder = mkdtempSync(join(tmpdir(), "phoenix-keys-"));
  for (let time = 0; time < 500; time++) {
    const { hostKey, hostPublicKey, userKeyFile, userPublicKey } = await ensureKeys(
      join(folder, String(time)),
    );
    for (const key of [hostKey, hostPublicKey, readFileSync(userKeyFile, "utf8"), userPublicKey])
      assert.ok(!(utils.parseKey(key) instanceof Error), key);
  }
  rmSync(folder, { recursive: true });
});
