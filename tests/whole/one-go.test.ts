/* The dev estate, made in one go: it leaves nothing behind on this machine, and runs that are killed and cut off come
   to the same. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { differences, files, mountsOf, processesOf } from "../../lab/tests/isolation/machine";
import { LabStack } from "../helpers/lab";
import { killFamily } from "../helpers/processes";
import { Project } from "../helpers/project";

/** How many runs are interrupted before the last one; half are killed, half lose connections. */
const runs = Number(process.env.INTERRUPTIONS ?? 2);

const noRoot = process.getuid?.() === 0 ? false : "only root sees every file and process of the machine";

const stack = new LabStack(new Project(), "dev");
const { root } = stack.project;
after(() => stack.stop());

/** What stands on the host after all areas, in words that two runs can be compared by. */
const look = [
  "zpool list -H -o name",
  "zfs list -H -o name,quota,recordsize",
  "pvesm status | awk 'NR > 1 { print $1, $2 }'",
  "ufw show added",
  "cat /etc/exports.d/* 2>/dev/null; exportfs -s 2>/dev/null",
  "cat /etc/samba/smb.conf /etc/samba/phoenix.conf",
  "cat /etc/sudoers.d/* /etc/subuid /etc/subgid /etc/hosts /etc/timezone",
  "cut -d: -f1,3,6,7 /etc/passwd",
  "ls /etc/apt/sources.list.d /etc/modprobe.d /etc/systemd/system /etc/logrotate.d",
  "cat /etc/modprobe.d/*.conf",
  "dkms status",
  "pveum acl list --output-format json",
  "pct list | awk '{ print $1, $2, $NF }'",
  "qm list | awk '{ print $1, $2, $3 }'; pvesm list tank-guests | awk '{ print $1 }'",
  "for f in /etc/pve/qemu-server/*.conf; do echo $f; grep -Ev '^(tags|#|meta|net0|smbios1|vmgenid)' $f; done",
  "for f in /etc/pve/lxc/*.conf; do echo $f; grep -Ev '^(tags|#|snaptime|net0)' $f; done",
].join("; ");

const state = () => stack.host("bash", "-c", look);

/** Starts `up`, and ends it with everything it started after a while. */
async function killedUp(milliseconds: number): Promise<void> {
  const { child, finished } = stack.project.start(stack.project.path("bin", "phoenix"), [
    ...["up", "--stack", "dev", "--engine", "lab", "--yes"],
  ]);
  const timer = setTimeout(() => killFamily(child.pid as number), milliseconds);
  await finished;
  clearTimeout(timer);
}

/** Lets `up` run into connections that are cut in the middle of commands. */
async function cutUp(nth: number): Promise<void> {
  for (const place of [nth, nth + 3]) {
    const ordered = await stack.lab("fault", "add", "drop", "--nth", String(place), "--after-ms", "30");
    assert.equal(ordered.code, 0, ordered.stderr);
  }
  await stack.phoenix("up", "--yes");
  await stack.lab("fault", "clear");
}

async function until(what: () => boolean): Promise<boolean> {
  for (const end = Date.now() + 5000; Date.now() < end;) {
    if (what()) return true;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return what();
}

/** The machine's files before the lab was there. */
let machine: ReturnType<typeof files>;
/** What the estate is. */
let wanted: string;
before(async () => {
  if (!noRoot) machine = files();
  await stack.done("up", "--yes");
  wanted = await state();
});

describe("an estate on a lab", { skip: noRoot }, () => {
  test("changes no file of this machine, and is gone when the lab has stopped", async () => {
    assert.ok(machine.size > 1000, `${machine.size} files`);
    assert.equal((await stack.guests())["910"], "running");
    assert.notDeepEqual(processesOf(root), []);
    assert.equal((await stack.lab("stop")).code, 0);
    assert.ok(await until(() => processesOf(root).length === 0), processesOf(root).join("\n"));
    assert.deepEqual(mountsOf(root), []);
    assert.deepEqual(differences(machine, files()), []);
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

test("killed and cut off at random moments, the estate comes about once, as in one go", async (context) => {
  const reset = await stack.lab("reset", "--yes");
  assert.equal(reset.code, 0, reset.stderr);
  assert.equal((await stack.lab("start")).code, 0);
  for (let run = 0; run < runs; run++) {
    const moment = 3000 + Math.floor(Math.random() * 9000);
    const nth = 1 + Math.floor(Math.random() * 12);
    context.diagnostic(
      run % 2 === 0 ? `killed after ${moment} ms` : `cut off at commands ${nth} and ${nth + 3}`,
    );
    if (run % 2 === 0) await killedUp(moment);
    else await cutUp(nth);
  }
  await stack.done("up", "--yes");
  assert.equal(await state(), wanted);
  await stack.done("up", "--yes", "--expect-no-changes");
});
