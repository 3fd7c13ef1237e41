// Containers as real processes: what is configured is really there, and what a node loses is lost.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { after, before } from "node:test";
import { start, stop } from "../../host/control";
import { onHost, type OnHost } from "../machine/onHost";

const skip = process.getuid?.() === 0 ? false : "the lab needs root";
const TEMPLATE = "local:vztmpl/alpine-3.20-default_20240908_amd64.tar.gz";
let dir = "";

/** Runs a shell script on the lab's host. */
const sh = (script: string): Promise<OnHost> => onHost(dir, ["bash", "-c", script]);

async function ok(script: string): Promise<string> {
  const { code, stdout, stderr } = await sh(script);
  assert.equal(code, 0, `${script}\n${stderr}`);
  return stdout;
}

before(async () => {
  if (skip) return;
  dir = mkdtempSync(join(tmpdir(), "pve-guests-"));
  await start(dir, { machine: "fidelity", latency: 0 });
  await ok("zfs create tank/ct && pvesm add zfspool ct --pool tank/ct --content images,rootdir");
});

after(async () => {
  if (dir === "") return;
  await stop(dir);
  rmSync(dir, { recursive: true, force: true });
});

test("mounts, devices and raw mount entries are there in the guest, and gone with it", { skip }, async () => {
  await ok(`mkdir -p /srv/shared && echo here >/srv/shared/file`);
  await ok(`pct create 201 ${TEMPLATE} --rootfs ct:1 --hostname one.example.org --cores 1 \
    --mp0 /srv/shared,mp=/shared --mp1 ct:1,mp=/var/lib/data --mp2 /srv/shared,mp=/ro,ro=1 --dev0 /dev/null,mode=0660`);
  await ok(
    "printf 'lxc.mount.entry: /dev/full dev/extra none bind,optional,create=file\\n' >>/etc/pve/lxc/201.conf",
  );
  await ok("pct start 201");
  assert.equal(await ok("pct exec 201 -- cat /shared/file /etc/hostname"), "here\none\n");
  assert.equal(await ok("pct exec 201 -- hostname"), "one\n");
  assert.equal((await sh("pct exec 201 -- touch /ro/x")).code, 1);
  assert.equal(
    await ok("pct exec 201 -- sh -c 'echo kept >/var/lib/data/x; test -c /dev/extra && echo device'"),
    "device\n",
  );
  assert.equal(await ok("cat /tank/ct/subvol-201-disk-1/x"), "kept\n");
  await ok("pct set 201 --mp3 /srv/shared,mp=/late");
  assert.equal(await ok("pct exec 201 -- cat /late/file"), "here\n");
  await ok("pct exec 201 -- sh -c 'sleep 4321 >/dev/null 2>&1 &'");
  await ok("pct stop 201");
  assert.equal(await ok("ps -C sleep -o args= | grep -c '^sleep 4321$' || true"), "0\n");
  assert.equal((await sh("test -e /tank/ct/subvol-201-disk-0/shared/file")).code, 1);
});

test("a start without the source of a bind mount fails in the words of lxc", { skip }, async () => {
  await ok(`pct create 202 ${TEMPLATE} --rootfs ct:1 --mp0 /srv/absent,mp=/x`);
  const { code, stderr } = await sh("pct start 202");
  assert.equal(code, 255);
  assert.deepEqual(stderr.split("\n"), [
    "run_buffer: 571 Script exited with status 2",
    'lxc_init: 845 Failed to run lxc.hook.pre-start for container "202"',
    '__lxc_start: 2039 Failed to initialize container "202"',
    "startup for container '202' failed",
    "",
  ]);
  assert.equal(await ok("pct status 202"), "status: stopped\n");
});

test("of six clones of one source side by side one works, the others meet its lock", { skip }, async () => {
  await ok(`pct create 210 ${TEMPLATE} --rootfs ct:1 --hostname source && pct snapshot 210 pre`);
  const { stdout, stderr } = await sh(
    "for id in 211 212 213 214 215 216; do (pct clone 210 $id --snapname pre >/dev/null; echo $?) & done; wait",
  );
  assert.equal(stdout.split("\n").sort().join(" "), " 0 255 255 255 255 255");
  assert.equal(stderr, "CT is locked (disk)\n".repeat(5));
  assert.equal(await ok("pct config 210 | grep -c ^lock || true"), "0\n");
});

test(
  "a process that holds the flock makes a command wait 10 s and fail",
  { skip, timeout: 30_000 },
  async () => {
    const holder = sh("( flock 9; sleep 11 ) 9>/run/lock/lxc/pve-config-210.lock");
    await new Promise((resolveWait) => setTimeout(resolveWait, 500));
    const { code, stderr } = await sh("pct set 210 --cores 2");
    assert.equal(code, 255);
    assert.equal(
      stderr,
      "trying to acquire lock...\ncan't lock file '/run/lock/lxc/pve-config-210.lock' - got timeout\n",
    );
    await holder;
    await ok("pct set 210 --cores 2");
  },
);

test(
  "a systemd that may need nesting: made, cloned, started and restarted with a warning, which is a success",
  { skip },
  async () => {
    const debian = "debian-13-standard_13.1-2_amd64.tar.zst";
    const word = "WARN: Systemd 257 detected. You may need to enable nesting.\n";
    const finished = "Task finished with 1 warning(s)!\n";
    await ok(`pveam update && pveam download local ${debian}`);
    const create = (id: number, ...more: string[]) =>
      sh(`pct create ${id} local:vztmpl/${debian} --rootfs ct:1 ${more.join(" ")}`);
    const outcome = ({ code, stdout, stderr }: OnHost) => [code, stdout.includes(word), stderr];
    // Privileged ones too, whose AppArmor profile is another.
    for (const [id, ...more] of [[220], [221, "--unprivileged 0"]] as const)
      assert.deepEqual(outcome(await create(id, ...more)), [0, true, finished], `CT ${id}`);
    const [warns, says] = [
      [0, true, finished],
      [0, false, ""],
    ];
    assert.deepEqual(outcome(await sh("pct clone 220 222")), warns);
    assert.deepEqual(outcome(await sh("pct start 220")), warns);
    assert.deepEqual(outcome(await sh("pct reboot 220")), warns);
    const tasks = JSON.parse(
      await ok("pvesh get /nodes/pve/tasks --vmid 220 --output-format json"),
    ) as Record<"upid" | "type" | "status", string>[];
    assert.deepEqual(
      tasks.map(({ type, status }) => `${type} ${status}`).sort(),
      ["vzclone", "vzcreate", "vzreboot", "vzstart"].map((type) => `${type} WARNINGS: 1`),
    );
    // The feature taken away and given: with it, nothing is said.
    await ok("pct stop 220 && pct set 220 --features nesting=1 && pct set 222 --features keyctl=1,nesting=0");
    assert.deepEqual(outcome(await sh("pct start 220")), says);
    assert.deepEqual(outcome(await sh("pct start 222")), warns);
    assert.deepEqual(outcome(await create(223, "--features nesting=1")), says);
    // Proxmox VE looks into nothing that it does not manage, and knows other inits.
    assert.deepEqual(outcome(await create(224, "--ostype unmanaged")), says);
    assert.deepEqual(outcome(await sh(`pct create 225 ${TEMPLATE} --rootfs ct:1`)), says);
  },
);

test(
  "after a power cycle guests with onboot run again, others do not, and data stays",
  { skip },
  async () => {
    await ok("pct set 201 --onboot 1 && pct start 201 && pct start 210");
    await ok("pct exec 201 -- sh -c 'echo stays >/root/note'");
    await stop(dir);
    await start(dir);
    // As on a node, guests start after the node can be reached.
    await ok("for try in {1..100}; do pct status 201 | grep -q running && break; sleep 0.1; done");
    assert.equal(await ok("pct status 201; pct status 210"), "status: running\nstatus: stopped\n");
    assert.equal(await ok("pct exec 201 -- cat /root/note"), "stays\n");
  },
);
