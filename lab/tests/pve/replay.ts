/** The outside judge: recordings of real Proxmox VE, replayed over SSH and the API against a lab of its own. */
import assert from "node:assert/strict";
import { execFile, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, before, test } from "node:test";
import { info, start, stop } from "../../host/control";

const judge = resolve(__dirname, "../../../../shared/proxmox/run.py");

/** Why the recordings cannot be replayed; false where they can. */
function missing(): string | false {
  if (!existsSync(judge)) return "the recordings of Proxmox VE are not beside this checkout";
  if (process.getuid?.() !== 0) return "the lab needs root";
  for (const tool of ["python3", "ssh"])
    if (spawnSync(tool, ["-V"]).error !== undefined) return `${tool} is not installed`;
  return false;
}

/** A machine as the recordings expect it; with another release than the file's where one is asked for. */
function machineFile(dir: string, release: 8 | 9): string {
  const file = resolve(__dirname, "../../machines/fidelity.json");
  const changed = join(dir, "machine.json");
  writeFileSync(changed, JSON.stringify({ ...(JSON.parse(readFileSync(file, "utf8")) as object), release }));
  return changed;
}

/**
 * One test for each group of scenarios, all against one lab.
 *
 * @param groups scenarios by the numbers their names start with, under what they are about
 */
export function replay(release: 8 | 9, groups: Record<string, string>): void {
  const skip = missing();
  const outer = mkdtempSync(join(tmpdir(), "pve-recordings-"));
  const dir = join(outer, "lab");
  before(async () => {
    if (skip === false) await start(dir, { machine: machineFile(outer, release), latency: 0 });
  });
  after(async () => {
    if (skip === false) await stop(dir);
    rmSync(outer, { recursive: true, force: true });
  });
  for (const [subject, numbers] of Object.entries(groups))
    test(`recordings of Proxmox VE ${release}: ${subject}`, { skip, timeout: 240_000 }, async () => {
      const scenarios = numbers.split(" ");
      const { ssh, api } = info(dir);
      const args = [
        ...[judge, "--ssh", `${ssh.user}@${ssh.host}:${ssh.port}`, "--key", ssh.privateKeyFile],
        ...["--api", api.endpoint, "--password", api.password, "--release", String(release)],
        ...scenarios.flatMap((number) => ["--scenario", `${number}-`]),
      ];
      const output = await new Promise<string>((done) => {
        execFile("python3", args, { maxBuffer: 1 << 24 }, (_error, stdout, stderr) => done(stdout + stderr));
      });
      assert.equal(output.trim().split("\n").at(-1), `${scenarios.length} passed, 0 failed`, output);
    });
}
