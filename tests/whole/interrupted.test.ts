import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { LabStack } from "../helpers/lab";
import { killFamily } from "../helpers/processes";
import { Project } from "../helpers/project";

/** How many runs are interrupted before the last one; half are killed, half lose connections. */
const runs = Number(process.env.INTERRUPTIONS ?? 2);

const stack = new LabStack(new Project(), "dev");
before(async () => {
  const started = await stack.lab("start");
  assert.equal(started.code, 0, started.stderr);
});
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

test("killed and cut off at random moments, the estate comes about once, as in one go", async (context) => {
  await stack.done("up", "--yes");
  const wanted = await state();
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
