/** A lab of its own for a test file about containers, driven through its command line. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before } from "node:test";
import { start, stop } from "../../host/control";
import { onHost, type OnHost } from "../machine/onHost";

/** Why tests with running containers are skipped; false where they are not. */
export const skip: string | false = process.getuid?.() === 0 ? false : "the lab needs root";

export const ALPINE = "local:vztmpl/alpine-3.20-default_20240908_amd64.tar.gz";

export interface GuestLab {
  readonly dir: string;
  /** Runs a shell script on the lab's host. */
  sh: (script: string) => Promise<OnHost>;
  /** The same; a failure fails the test. Answers standard output. */
  ok: (script: string) => Promise<string>;
}

/** Starts the lab before a file's tests, with a pool `tank` and a zfspool storage `ct`, and removes it after them. */
export function guestLab(machine = "fidelity"): GuestLab {
  let dir = "";
  const sh = (script: string): Promise<OnHost> => onHost(dir, ["bash", "-c", script]);
  const ok = async (script: string): Promise<string> => {
    const { code, stdout, stderr } = await sh(script);
    assert.equal(code, 0, `${script}\n${stdout}${stderr}`);
    return stdout;
  };
  before(async () => {
    if (skip) return;
    dir = mkdtempSync(join(tmpdir(), "pve-guests-"));
    await start(dir, { machine, latency: 0 });
    await ok(
      "zfs list tank >/dev/null 2>&1 || zpool create tank nvme0n1 >/dev/null; zfs create tank/ct && " +
        "pvesm add zfspool ct --pool tank/ct --content images,rootdir",
    );
  });
  after(async () => {
    if (dir === "") return;
    await stop(dir);
    rmSync(dir, { recursive: true, force: true });
  });
  return {
    get dir() {
      return dir;
    },
    sh,
    ok,
  };
}
