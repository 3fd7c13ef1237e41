import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import * as control from "../../host/control";
import { machineNames } from "../../host/machine/machineFile";
import { labForTests } from "./labUnderTest";

const executable = join(__dirname, "..", "..", "bin", "lab");

function lab(...args: string[]) {
  return spawnSync(executable, args, { encoding: "utf8" });
}

/** Processes of the machine whose command line names a folder. */
function processesNaming(dir: string): string[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(dir) ? [pid] : [];
      } catch {
        return [];
      }
    });
}

/** Checksums of all files below the machine's folders that a host would change. */
function checksums(): string {
  const { stdout } = spawnSync(
    "sh",
    ["-c", "find /etc /home -xdev -type f -exec sha1sum {} + | sort | sha1sum"],
    {
      encoding: "utf8",
    },
  );
  return stdout;
}

async function until(what: () => boolean): Promise<void> {
  for (const end = Date.now() + 5000; !what();) {
    assert.ok(Date.now() < end, "waited 5 s");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe("life of a lab", () => {
  const under = labForTests();

  test("starting it again changes nothing", async () => {
    const { started, info } = await control.start(under.dir);
    assert.equal(started, false);
    assert.deepEqual(info, under.info);
    assert.match(info.ssh.hostKey, /^ssh-ed25519 [A-Za-z0-9+/]+=*$/);
    assert.equal(info.ssh.host, "127.0.0.1");
    assert.equal(info.api.endpoint.startsWith("https://127.0.0.1:"), true);
    assert.equal(info.api.node, "phoenix");
  });

  test("exec passes input, output, working folder and exit code", () => {
    const ran = spawnSync(executable, ["exec", "--dir", under.dir, "--", "sh", "-c", "pwd; cat; exit 5"], {
      input: "from outside",
      encoding: "utf8",
    });
    assert.deepEqual([ran.status, ran.stdout, ran.stderr], [5, "/root\nfrom outside", ""]);
  });

  test("what is on the disks survives a stop, what is in memory does not; keys and ports stay", async () => {
    const before = under.info;
    await under.sh("echo kept >/etc/kept; echo kept >/root/kept; echo gone >/tmp/gone; echo gone >/run/gone");
    assert.equal(await control.stop(under.dir), true);
    assert.equal(await control.stop(under.dir), false);
    assert.equal(existsSync(join(under.dir, "pid")), false);
    await control.start(under.dir);
    const { stdout } = await under.sh("cat /etc/kept /root/kept; ls /tmp /run/gone 2>&1");
    assert.equal(stdout, "kept\nkept\nls: cannot access '/run/gone': No such file or directory\n/tmp:\n");
    assert.deepEqual(under.info, before);
  });

  test("a reset makes the host new, keeps keys and ports, and counts from zero", async () => {
    const before = under.info;
    await under.sh("echo old >/etc/old; zpool create tank nvme0n1; touch /tank/old");
    assert.deepEqual(await control.reset(under.dir), { running: true });
    assert.deepEqual(await control.stats(under.dir), { sshConnections: 0, commands: 0, apiRequests: 0 });
    assert.deepEqual(under.info, before);
    const ran = await under.sh("cat /etc/old /tank/old; zpool list");
    assert.equal(ran.stdout, "no pools available\n");
    assert.deepEqual(await control.stats(under.dir), { sshConnections: 1, commands: 1, apiRequests: 0 });
  });

  test("counters survive a stop and are set to zero on order", async () => {
    await control.stop(under.dir);
    assert.deepEqual(await control.stats(under.dir), { sshConnections: 1, commands: 1, apiRequests: 0 });
    await control.start(under.dir);
    const reset = lab("stats", "--reset", "--json", "--dir", under.dir);
    assert.deepEqual(JSON.parse(reset.stdout), { sshConnections: 0, commands: 0, apiRequests: 0 });
    assert.deepEqual(await control.stats(under.dir), { sshConnections: 0, commands: 0, apiRequests: 0 });
  });

  test("no process and no mount survives the daemon's sudden death", async () => {
    await under.sh("zpool create -f tank nvme0n1; setsid sleep 1000 >/dev/null 2>&1 </dev/null &");
    const { pid } = await control.status(under.dir);
    assert.ok(pid !== undefined && processesNaming(under.dir).length > 0);
    process.kill(pid, "SIGKILL");
    await until(() => processesNaming(under.dir).length === 0);
    assert.equal(readFileSync("/proc/self/mountinfo", "utf8").includes(under.dir), false);
    assert.deepEqual(readdirSync(join(under.dir, "root")), []);
    assert.equal((await control.status(under.dir)).running, false);
    await control.start(under.dir);
    assert.equal((await under.sh("zpool list -H -o name; pgrep -c sleep")).stdout, "tank\n0\n");
  });

  test("the host's root changes none of the machine's files", async () => {
    const before = checksums();
    await under.sh(
      "useradd -m labuser; echo x >/etc/passwd.x; rm -f /etc/os-release; hostname changed; echo x >/home/x; echo x >/x",
    );
    assert.equal(checksums(), before);
    assert.equal(existsSync("/x"), false);
    assert.notEqual(readFileSync("/proc/sys/kernel/hostname", "utf8").trim(), "changed");
  });

  test("the machine's own files stay out of sight", async () => {
    const checkout = join(__dirname, "..", "..", "..");
    const ran = await under.sh(`ls -A ${checkout} ${under.dir} /home 2>/dev/null; ls -A /opt /srv /mnt`);
    assert.equal(ran.stdout.includes("package.json"), false);
    assert.equal(
      (await under.sh("cat /etc/hostname; wc -l </root/.ssh/authorized_keys")).stdout,
      "phoenix\n1\n",
    );
  });
});

describe("mistakes of the command line", () => {
  const cases: [args: string[], code: number, stderr: string][] = [
    [
      ["info", "--dir", "/nonexistent/lab"],
      1,
      "lab: there is no lab in /nonexistent/lab; lab start makes one\n",
    ],
    [
      ["start", "--dir", "/nonexistent/lab", "--machine", "bogus"],
      1,
      `lab: there is no machine bogus; use ${machineNames().join(" or ")}, or the path of a machine file\n`,
    ],
    [["start", "--latency", "fast"], 1, "lab: --latency takes a number from 0 on, not fast\n"],
    [["frobnicate"], 2, "error: unknown command 'frobnicate'\n(lab --help shows the commands)\n"],
  ];
  for (const [args, code, stderr] of cases) {
    test(`lab ${args.join(" ")}`, () => {
      const ran = lab(...args);
      assert.deepEqual([ran.status, ran.stdout, ran.stderr], [code, "", stderr]);
    });
  }
});
