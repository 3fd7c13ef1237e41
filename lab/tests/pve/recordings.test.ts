// The outside judge: recordings of real Proxmox VE, replayed over SSH and the API against a lab of its own.
import assert from "node:assert/strict";
import { execFile, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import test from "node:test";
import { info, start, stop } from "../../host/control";

const judge = resolve(__dirname, "../../../../shared/proxmox/run.py");

/** Scenarios by the numbers their names start with. */
const SCENARIOS = "01 02 03 04 10 11 12 13 14 15 16 17 18 19 20 21 40 50 60 61 62 63 64 66".split(" ");

function missing(): string | false {
  if (!existsSync(judge)) return "the recordings of Proxmox VE are not beside this checkout";
  if (process.getuid?.() !== 0) return "the lab needs root";
  for (const tool of ["python3", "ssh"])
    if (spawnSync(tool, ["-V"]).error !== undefined) return `${tool} is not installed`;
  return false;
}

test(
  "recordings of Proxmox VE 9, containers, storages, access and API",
  { skip: missing(), timeout: 180_000 },
  async () => {
    const dir = mkdtempSync(join(tmpdir(), "pve-recordings-"));
    try {
      await start(dir, { machine: "fidelity", latency: 0 });
      const { ssh, api } = info(dir);
      const args = [
        ...[judge, "--ssh", `${ssh.user}@${ssh.host}:${ssh.port}`, "--key", ssh.privateKeyFile],
        ...["--api", api.endpoint, "--password", api.password],
        ...SCENARIOS.flatMap((number) => ["--scenario", `${number}-`]),
      ];
      const output = await new Promise<string>((done) => {
        execFile("python3", args, { maxBuffer: 1 << 24 }, (_error, stdout, stderr) => done(stdout + stderr));
      });
      assert.match(output.trim().split("\n").at(-1) ?? "", /^24 passed, 0 failed$/, output);
    } finally {
      await stop(dir);
      rmSync(dir, { recursive: true, force: true });
    }
  },
);
