/** Starts that meet another start, a busy machine, or what a killed one left. */
import assert from "node:assert/strict";
import { spawn, spawnSync, type StdioOptions } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import * as control from "../../host/control";
import { firstLine } from "../../host/launch";
import { firstProcess } from "../../host/machine/firstProcess";
import { layout } from "../../host/machine/layout";
import { asRoot } from "../../host/machine/privilege";
import { ensureSettings, readSettings } from "../../host/machine/settings";

const lab = join(__dirname, "..", "..", "bin", "lab");

function folder(): string {
  const dir = mkdtempSync(join(tmpdir(), "phoenix-lab-"));
  after(async () => {
    await control.stop(dir);
    rmSync(dir, { recursive: true });
  });
  return dir;
}

const listening = (port: number): Promise<Server> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => resolve(server));
  });

/** What a command in the host prints on standard output. */
const host = (dir: string, command: string) =>
  spawnSync(lab, ["exec", "--dir", dir, "--", "sh", "-c", command], { encoding: "utf8" }).stdout;

describe("a port that another was quicker to take", () => {
  test("is chosen again by a first start", async () => {
    const dir = folder();
    const chosen = await ensureSettings(layout(dir), {});
    const taken = await listening(chosen.sshPort);
    try {
      const { info } = await control.start(dir);
      assert.notEqual(info.ssh.port, chosen.sshPort);
      assert.equal(readSettings(layout(dir))?.portsUntried, undefined);
      assert.equal(host(dir, "hostname"), "phoenix\n");
    } finally {
      taken.close();
    }
  });
});

describe("a start that was killed", () => {
  // Where it is cut off: before the installer's files, among them, before the system's units, and almost done.
  const moments = [
    { name: "before the installer's files", seen: "disk/own" },
    { name: "among the installer's files", seen: "disk/upper/etc/network/interfaces" },
    { name: "before the system is laid out", seen: "disk/installed" },
    { name: "when the system is laid out", seen: "disk/store/system-laid-out.json" },
  ];
  for (const { name, seen } of moments) {
    test(`${name}: the next one makes the host whole`, async () => {
      const dir = folder();
      const starting = spawn(lab, ["start", "--dir", dir], { stdio: "ignore" });
      const ended = new Promise((resolve) => starting.once("close", resolve));
      while (!existsSync(join(dir, seen))) await new Promise((wait) => setTimeout(wait, 2));
      const pid = firstProcess(layout(dir));
      assert.ok(pid !== undefined);
      process.kill(pid, "SIGKILL");
      await ended;
      assert.equal((await control.start(dir)).started, true);
      assert.equal(
        host(
          dir,
          "ls -d /etc/modprobe.d; readlink /usr/sbin/reboot; systemctl is-active ssh; pvesm status | wc -l",
        ),
        "/etc/modprobe.d\n../lib/phoenix-lab/client\nactive\n3\n",
      );
    });
  }

  test("leaves files that the next one removes, and nothing of a host that was whole", async () => {
    const dir = folder();
    mkdirSync(join(dir, "disk", "upper", "etc", "pve"), { recursive: true });
    writeFileSync(join(dir, "disk", "upper", "etc", "pve", "local"), "half");
    await control.start(dir);
    assert.equal(host(dir, "readlink /etc/pve/local; echo mine >/etc/mine"), "nodes/phoenix\n");
    const pid = firstProcess(layout(dir));
    assert.ok(pid !== undefined);
    process.kill(pid, "SIGKILL");
    while (firstProcess(layout(dir)) !== undefined) await new Promise((wait) => setTimeout(wait, 5));
    await control.start(dir);
    assert.equal(host(dir, "cat /etc/mine"), "mine\n");
  });
});

describe("a lab's folder on an overlay, where the root is kept in memory", () => {
  /** Runs a script with such a folder as its first word and `lab` as its second, in mounts of its own. */
  const onOverlay = (script: string) => {
    const place = mkdtempSync(join(tmpdir(), "phoenix-overlay-"));
    after(() => rmSync(place, { recursive: true }));
    const mounts = `mount -t tmpfs tmpfs "$1" && mkdir "$1"/{lower,upper,work,lab}
      mount -t overlay overlay -o "lowerdir=$1/lower,upperdir=$1/upper,workdir=$1/work" "$1/lab"
      set -- "$1/lab" "$2"; trap '"$2" stop --dir "$1" >/dev/null' EXIT`;
    const words = ["unshare", "--mount", "bash", "-euc", `${mounts}\n${script}`, "bash", place, lab];
    const [program, ...args] = asRoot(...(words as [string, ...string[]]));
    // A pipe of Node.js's is a socket; on one, Debian's bash may read /etc/bash.bashrc, which fails by -u.
    const stdio: StdioOptions = ["ignore", "pipe", "pipe"];
    const { status, stdout, stderr } = spawnSync(program, args, { encoding: "utf8", stdio });
    return { status, stdout, stderr };
  };

  test("a start that was killed before its mount is no host of before", () => {
    const again = `"$2" start --dir "$1" >/dev/null && "$2" stop --dir "$1" >/dev/null
      mkdir -p "$1/disk/upper/etc/apt"
      "$2" start --dir "$1" >/dev/null && "$2" exec --dir "$1" -- hostname`;
    assert.deepEqual(onOverlay(again), { status: 0, stdout: "phoenix\n", stderr: "" });
  });

  test("a host that was there is not replaced by an empty one", () => {
    const before = `mkdir -p "$1/disk/upper/etc" "$1/disk/store"
      echo mine >"$1/disk/upper/etc/mine" && echo true >"$1/disk/store/system-laid-out.json"
      "$2" start --dir "$1" || cat "$1/disk/upper/etc/mine"`;
    const { stdout, stderr } = onOverlay(before);
    assert.equal(stdout, "mine\n");
    assert.match(stderr, /which was mounted before, cannot be mounted now/);
  });
});

test("two starts of one lab at once make one host, and both say how to reach it", async () => {
  const dir = folder();
  const both = await Promise.all([1, 2, 3].map(() => control.start(dir)));
  assert.deepEqual(both.map(({ started }) => started).sort(), [false, false, true]);
  assert.deepEqual(both[0]?.info, both[1]?.info);
  assert.equal(host(dir, "pgrep -c sshd >/dev/null; hostname"), "phoenix\n");
});

test("a start that was left by its caller is waited for", async () => {
  const dir = folder();
  const first = spawn(lab, ["start", "--dir", dir], { stdio: "ignore" });
  while (!existsSync(join(dir, "disk", "upper", "etc", "hostname")))
    await new Promise((wait) => setTimeout(wait, 2));
  first.kill("SIGKILL");
  const pid = firstProcess(layout(dir));
  assert.equal((await control.start(dir)).started, false);
  assert.equal(firstProcess(layout(dir)), pid);
});

describe("the limit of a start", () => {
  const starting = (script: string) =>
    spawn("sh", ["-c", script], { stdio: ["ignore", "pipe", "ignore"], detached: true });

  test("is not reached while it works, however long", async () => {
    const busy = starting(
      `${process.execPath} -e 'const end = Date.now() + 2500; while (Date.now() < end);'; echo '{"ready":true}'`,
    );
    assert.deepEqual(await firstLine(busy, "/dev/null", 1000), { ready: true });
  });

  test("ends one that does nothing", async () => {
    const idle = starting("exec sleep 100");
    assert.deepEqual(await firstLine(idle, "/dev/null", 300), { error: "it did nothing for 0.3 s" });
    // The launch does not wait for it; this test does.
    idle.ref();
    await new Promise((resolve) =>
      idle.signalCode === null ? idle.once("exit", resolve) : resolve(undefined),
    );
    assert.equal(idle.signalCode, "SIGKILL");
  });
});
