/** A whole estate on a lab leaves nothing behind on this machine. */
import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { LabStack } from "../../../tests/helpers/lab";
import { Project } from "../../../tests/helpers/project";
import { differences, files, mountsOf, processesOf } from "./machine";

const noRoot = process.getuid?.() === 0 ? false : "only root sees every file and process of the machine";

async function until(what: () => boolean): Promise<boolean> {
  for (const end = Date.now() + 5000; Date.now() < end;) {
    if (what()) return true;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return what();
}

describe("an estate on a lab", { skip: noRoot }, () => {
  const stack = new LabStack(new Project(), "dev");
  const { root } = stack.project;
  after(() => stack.stop());

  test("changes no file of this machine, and is gone when the lab has stopped", async () => {
    const before = files();
    assert.ok(before.size > 1000, `${before.size} files`);
    await stack.done("up", "--yes");
    assert.equal((await stack.guests())["910"], "running");
    assert.notDeepEqual(processesOf(root), []);
    assert.equal((await stack.lab("stop")).code, 0);
    assert.ok(await until(() => processesOf(root).length === 0), processesOf(root).join("\n"));
    assert.deepEqual(mountsOf(root), []);
    assert.deepEqual(differences(before, files()), []);
  });

  test("is gone when the daemon is killed, and guests, mounts and processes with it", async () => {
    const before = files();
    assert.equal((await stack.lab("start")).code, 0);
    const { stdout } = await stack.lab("status", "--json");
    const { pid } = JSON.parse(stdout) as { pid: number };
    const guest = await stack.lab("exec", "--", "pct", "start", "910");
    assert.match(guest.stderr, /^$|already running/);
    assert.ok(processesOf(root).length > 2 && mountsOf(root).length > 2);
    process.kill(pid, "SIGKILL");
    assert.ok(await until(() => processesOf(root).length === 0), processesOf(root).join("\n"));
    assert.deepEqual(mountsOf(root), []);
    assert.deepEqual(differences(before, files()), []);
  });
});
