import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { describe, test } from "node:test";
import * as sdk from "@pulumi/pulumi/runtime/rpc";
import * as wire from "../../plugins/shared/wire";
import { PluginProcess } from "./pluginProcess";

const binaries = ["pulumi-resource-command", "pulumi-resource-proxmoxve"];

/** Whether a process ends within a time. */
async function ends(pid: number, milliseconds: number): Promise<boolean> {
  const limit = Date.now() + milliseconds;
  while (Date.now() < limit) {
    try {
      process.kill(pid, 0);
    } catch {
      return true;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return false;
}

describe("a plugin process", () => {
  for (const binary of binaries) {
    test(`${binary} ends when the engine closes its port`, async () => {
      const plugin = await PluginProcess.start(binary);
      plugin.engine.stop();
      const ended = await ends(plugin.child.pid ?? 0, 5000);
      await plugin.stop();
      assert.ok(ended, "the plugin was still there after five seconds");
    });

    test(`${binary} ends when its parent is killed outright`, async () => {
      const path = join(__dirname, "..", "..", "plugins", "bin", binary);
      // No engine address: only the parent's end can be noticed.
      const parent = spawn("/bin/sh", ["-c", `"${path}" & echo $!; wait`], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      const lines = createInterface(parent.stdout)[Symbol.asyncIterator]();
      const pid = Number((await lines.next()).value);
      assert.ok(Number((await lines.next()).value) > 0, "a port was printed");
      parent.kill("SIGKILL");
      await once(parent, "exit");
      const ended = await ends(pid, 5000);
      if (!ended) process.kill(pid, "SIGKILL");
      assert.ok(ended, "the plugin was still there after five seconds");
    });
  }

  test("its signatures are the SDK's", () => {
    assert.equal(wire.signatureKey, sdk.specialSigKey);
    assert.equal(wire.secretSignature, sdk.specialSecretSig);
    assert.equal(wire.assetSignature, sdk.specialAssetSig);
    assert.equal(wire.archiveSignature, sdk.specialArchiveSig);
    assert.equal(wire.outputSignature, sdk.specialOutputValueSig);
    assert.equal(wire.unknown, sdk.unknownValue);
  });
});
