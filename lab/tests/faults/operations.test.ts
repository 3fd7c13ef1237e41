/** Faults of what is done on the host: locks, commands, space. */
import assert from "node:assert/strict";
import { afterEach, describe, test } from "node:test";
import * as control from "../../host/control";
import { failures } from "../../host/faults/messages";
import { labForTests } from "../machine/labUnderTest";

const template = "ubuntu-24.04-standard_24.04-2_amd64.tar.zst";

describe("locks on order", () => {
  const lab = labForTests();
  afterEach(() => control.clearFaults(lab.dir));

  test("dpkg's lock: apt-get says who holds it, or waits for it", async () => {
    await control.addFault(lab.dir, { kind: "lock", file: "/var/lib/dpkg/lock-frontend", seconds: 0 });
    const refused = await lab.sh("apt-get install -y jq");
    assert.equal(refused.code, 100);
    const pid = /held by process (\d+) /.exec(refused.stderr)?.[1];
    assert.equal(
      refused.stderr,
      `E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process ${pid} (unattended-upgr)\n` +
        "N: Be aware that removing the lock file is not a solution and may break your system.\n" +
        "E: Unable to acquire the dpkg frontend lock (/var/lib/dpkg/lock-frontend), is another process using it?\n",
    );
    assert.equal((await lab.sh(`cat /proc/${pid}/comm`)).stdout, "unattended-upgr\n");
    const waiting = lab.sh("apt-get -o DPkg::Lock::Timeout=30 install -y jq");
    setTimeout(() => void control.clearFaults(lab.dir), 300);
    assert.equal((await waiting).code, 0);
  });

  test("a flock of ours is taken, and free again after its time", async () => {
    const file = "/run/lock/phoenix/ct-100.lock";
    await control.addFault(lab.dir, { kind: "lock", file, seconds: 0.6 });
    assert.equal((await lab.sh(`flock -n ${file} true`)).code, 1);
    assert.equal((await lab.sh(`flock -w 5 ${file} echo free`)).stdout, "free\n");
    assert.deepEqual(await control.faults(lab.dir), []);
  });

  test("a lock that is taken cannot be ordered again", async () => {
    const lock = { kind: "lock", file: "/run/lock/one", seconds: 0 } as const;
    await control.addFault(lab.dir, lock);
    await assert.rejects(control.addFault(lab.dir, lock), { message: "/run/lock/one is locked already" });
    assert.equal((await control.faults(lab.dir)).length, 1);
  });

  test("a container's configuration: pct waits and gives up after 10 s", async () => {
    const made = await lab.sh(`pveam download local ${template} >/dev/null && zpool create -f tank nvme0n1 &&
      pvesm add zfspool tank --pool tank && pct create 100 local:vztmpl/${template} --rootfs tank:1 --hostname a`);
    assert.equal(made.code, 0, made.stderr);
    await control.addFault(lab.dir, { kind: "lock", file: "/run/lock/lxc/pve-config-100.lock", seconds: 0 });
    const ran = await lab.sh("pct set 100 --description held");
    assert.deepEqual(
      [ran.code, ran.stderr],
      [255, "trying to acquire lock...\ncan't lock file '/run/lock/lxc/pve-config-100.lock' - got timeout\n"],
    );
    await control.clearFaults(lab.dir);
    assert.equal((await lab.sh("pct set 100 --description free")).code, 0);
  });
});

describe("commands on order", () => {
  const lab = labForTests();
  afterEach(() => control.clearFaults(lab.dir));

  for (const [name, { exit, stderr }] of Object.entries(failures)) {
    test(`${name}: exit code ${exit} and the real words`, async () => {
      await control.addFault(lab.dir, { kind: "command", match: "^pct list", exit, stderr });
      assert.deepEqual(await lab.sh("pct list"), { code: exit, stdout: "", stderr });
      assert.equal((await lab.sh("pct list")).code, 0);
    });
  }

  test("the nth call that matches, so often in a row", async () => {
    await control.addFault(lab.dir, {
      kind: "command",
      match: "^pvesm status",
      nth: 2,
      times: 2,
      exit: 5,
      stderr: "no\n",
    });
    const codes = await lab.sh(
      "for i in 1 2 3 4; do pvesm status >/dev/null 2>&1; printf '%s ' $?; pct list; done",
    );
    assert.equal(codes.stdout, "0 5 5 0 ");
  });

  test("a command is slow and then does its work", async () => {
    await control.addFault(lab.dir, { kind: "command", match: "^zpool create", slowMs: 500 });
    const begin = Date.now();
    assert.equal((await lab.sh("zpool create -f slow nvme2n1 && zpool list -H -o name")).stdout, "slow\n");
    assert.ok(Date.now() - begin >= 490);
  });

  test("a program of the machine's fails as ordered, and works before and after", async () => {
    await lab.sh("echo a >/root/a");
    await control.addFault(lab.dir, {
      kind: "command",
      match: "^useradd bad",
      exit: 9,
      stderr: "useradd: user 'bad' already exists\n",
    });
    assert.deepEqual(await lab.sh("useradd bad"), {
      code: 9,
      stdout: "",
      stderr: "useradd: user 'bad' already exists\n",
    });
    assert.equal((await lab.sh("useradd good && id -un good")).stdout, "good\n");
    await control.clearFaults(lab.dir);
    assert.equal((await lab.sh("useradd bad && ls /usr/local/sbin")).stdout, "");
  });

  test("a command that the host does not have cannot be ordered to fail", async () => {
    await assert.rejects(control.addFault(lab.dir, { kind: "command", match: "^frobnicate", exit: 1 }), {
      message: "the host has no command frobnicate",
    });
  });
});

describe("space on order", () => {
  const lab = labForTests();
  afterEach(() => control.clearFaults(lab.dir));

  test("the root disk is full: real writes fail, what is there can be read", async () => {
    await lab.sh("echo kept >/etc/kept; echo old >/etc/gone");
    await control.addFault(lab.dir, { kind: "fill", folder: "/", freeKib: 0 });
    const ran = await lab.sh(
      "cat /etc/kept; rm /etc/gone; df --output=avail /root | tail -n 1 | tr -d ' '; seq 100000 >/etc/new",
    );
    assert.deepEqual([ran.code, ran.stdout.split("\n").slice(0, 2)], [1, ["kept", "0"]]);
    assert.equal(ran.stderr, "seq: write error: No space left on device\n");
    assert.match((await lab.sh("echo x >>/root/y")).stderr, /No space left on device/);
    await control.clearFaults(lab.dir);
    const after = await lab.sh("cat /etc/kept; ls /etc/gone; seq 100000 >/etc/new; echo $?; wc -l </etc/new");
    assert.equal(after.stdout, "kept\n0\n100000\n");
  });

  test("a storage is full: a download fails, and works once there is space", async () => {
    await control.addFault(lab.dir, { kind: "fill", folder: "/var/lib/vz", freeKib: 0 });
    const full = await lab.sh(`pveam download local ${template}; ls /var/lib/vz/template/cache`);
    assert.match(full.stdout + full.stderr, /No space left on device|ENOSPC/);
    assert.equal(
      (await lab.sh("dd if=/dev/zero of=/var/lib/vz/dump/x bs=1M count=1")).stderr.split("\n")[0],
      "dd: error writing '/var/lib/vz/dump/x': No space left on device",
    );
    await control.clearFaults(lab.dir);
    assert.equal(
      (await lab.sh(`pveam download local ${template} >/dev/null && ls /var/lib/vz/template/cache`)).stdout,
      `${template}\n`,
    );
  });

  test("a dataset is full, with room for so much; its data outlives the fault and a stop", async () => {
    await lab.sh("zpool create -f tank nvme0n1; zfs create tank/data; echo before >/tank/data/a");
    await control.addFault(lab.dir, { kind: "fill", folder: "/tank", freeKib: 64 });
    assert.equal((await lab.sh("echo during >/tank/data/b && cat /tank/data/a")).stdout, "before\n");
    assert.match((await lab.sh("head -c 1000000 /dev/zero >/tank/data/c")).stderr, /No space left on device/);
    await control.stop(lab.dir);
    await control.start(lab.dir);
    assert.equal((await control.faults(lab.dir)).length, 1);
    assert.equal((await lab.sh("cat /tank/data/a /tank/data/b")).stdout, "before\nduring\n");
    assert.match((await lab.sh("head -c 1000000 /dev/zero >/tank/data/d")).stderr, /No space left on device/);
  });
});

describe("workers on order", () => {
  const lab = labForTests();

  test("one that is killed in the middle cleans nothing up, and nobody else is harmed", async () => {
    await lab.sh(
      "qm create 100 --memory 512 --scsi0 local-lvm:1 && qm create 101 --memory 512 --scsi0 local-lvm:1",
    );
    await control.addFault(lab.dir, { kind: "kill", match: "^qm snapshot 100" });
    assert.equal((await lab.sh("qm snapshot 101 one")).code, 0);
    assert.deepEqual(await lab.sh("qm snapshot 100 one 2>&1"), { code: 255, stdout: "", stderr: "" });
    const conf = await lab.sh("cat /etc/pve/qemu-server/100.conf");
    assert.match(conf.stdout, /^lock: snapshot$[^]*^\[one\]$[^]*^snapstate: prepare$/m);
    const locked = { code: 255, stdout: "", stderr: "VM is locked (snapshot)\n" };
    assert.deepEqual(await lab.sh("qm delsnapshot 100 one"), locked);
    assert.equal((await lab.sh("qm unlock 100 && qm delsnapshot 100 one --force 1")).code, 0);
    assert.doesNotMatch((await lab.sh("cat /etc/pve/qemu-server/100.conf")).stdout, /lock|one/);
  });

  test("a reboot kills what works on a slow operation", async () => {
    await control.addFault(lab.dir, { kind: "command", match: "^qm set 101", slowMs: 800 });
    await lab.sh("qm set 101 --memory 1024 >/dev/null 2>&1 & sleep 0.2");
    await control.addFault(lab.dir, { kind: "reboot", seconds: 0.2 });
    await new Promise((resolve) => setTimeout(resolve, 1200));
    assert.match((await lab.sh("qm config 101")).stdout, /^memory: 512$/m);
  });
});
