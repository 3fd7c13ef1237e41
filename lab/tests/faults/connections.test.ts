/** Faults of the ways into the host: SSH, the API, and the host being away. */
import assert from "node:assert/strict";
import { execFile, spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { request } from "node:https";
import { join } from "node:path";
import { afterEach, describe, test } from "node:test";
import * as control from "../../host/control";
import { labForTests } from "../machine/labUnderTest";

const haveSsh = spawnSync("ssh", ["-V"]).error === undefined;

interface Ran {
  code: number;
  stdout: string;
  stderr: string;
}

describe("faults of connections", () => {
  const lab = labForTests();
  afterEach(() => control.clearFaults(lab.dir));

  /** Runs a command with OpenSSH's client. */
  function ssh(command: string): Promise<Ran> {
    const { port, privateKeyFile, hostKey } = lab.info.ssh;
    const known = join(lab.dir, "known_hosts");
    writeFileSync(known, `[127.0.0.1]:${port} ${hostKey}\n`);
    const options = ["BatchMode=yes", `UserKnownHostsFile=${known}`].flatMap((one) => ["-o", one]);
    const args = ["-F", "/dev/null", "-i", privateKeyFile, "-p", String(port), ...options];
    return new Promise((resolve) =>
      execFile("ssh", [...args, "root@127.0.0.1", command], (error, stdout, stderr) =>
        resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
      ),
    );
  }

  /** Asks the API without a ticket; rejects when the connection fails. */
  function api(path: string, timeout = 5000): Promise<{ status?: number; reason?: string }> {
    return new Promise((resolve, reject) => {
      const url = `${lab.info.api.endpoint}api2/json${path}`;
      const asked = request(url, { rejectUnauthorized: false, timeout }, (response) => {
        response.resume();
        const { statusCode, statusMessage } = response;
        resolve({
          ...(statusCode && { status: statusCode }),
          ...(statusMessage && { reason: statusMessage }),
        });
      });
      asked.on("timeout", () => asked.destroy(new Error("no answer")));
      asked.on("error", reject).end();
    });
  }

  /** Waits until the faults that end by themselves have ended. */
  async function passed(): Promise<void> {
    for (const end = Date.now() + 30_000; (await control.faults(lab.dir)).length > 0;) {
      assert.ok(Date.now() < end, "the fault lasts over 30 s");
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  test("drop: the second command's connection is cut in its place", { skip: !haveSsh }, async () => {
    await control.addFault(lab.dir, { kind: "drop", nth: 2 });
    assert.deepEqual(await ssh("echo first"), { code: 0, stdout: "first\n", stderr: "" });
    const second = await ssh("touch /root/second");
    assert.equal(second.code, 255);
    assert.equal(second.stderr, "Connection to 127.0.0.1 closed by remote host.\r\n");
    assert.equal(
      (await ssh("ls /root/second")).stderr,
      "ls: cannot access '/root/second': No such file or directory\n",
    );
    const [entry] = await control.faults(lab.dir);
    assert.deepEqual([entry?.seen, entry?.struck], [3, 1]);
  });

  test(
    "drop: only commands that match count, in the middle the rest is lost",
    { skip: !haveSsh },
    async () => {
      await control.addFault(lab.dir, { kind: "drop", match: "seq", afterBytes: 10 });
      assert.equal((await ssh("echo untouched")).stdout, "untouched\n");
      const cut = await ssh("seq 100; sleep 0.2; touch /root/went-on");
      assert.deepEqual([cut.code, cut.stdout], [255, "1\n2\n3\n4\n5\n"]);
      assert.equal(cut.stderr, "Connection to 127.0.0.1 closed by remote host.\r\n");
      assert.equal((await ssh("seq 3")).stdout, "1\n2\n3\n");
    },
  );

  test("drop: after a time the command goes on without its client", { skip: !haveSsh }, async () => {
    await control.addFault(lab.dir, { kind: "drop", match: "sleep", afterMs: 100 });
    const cut = await ssh("echo begun; sleep 0.4; echo done >/root/done");
    assert.deepEqual([cut.code, cut.stdout], [255, "begun\n"]);
    await new Promise((resolve) => setTimeout(resolve, 500));
    assert.equal((await ssh("cat /root/done")).stdout, "done\n");
  });

  test("refuse: nobody listens, for as long as ordered", { skip: !haveSsh }, async () => {
    const { port } = lab.info.ssh;
    await control.addFault(lab.dir, { kind: "refuse", seconds: 3 });
    const refused = await ssh("true");
    assert.deepEqual(refused, {
      code: 255,
      stdout: "",
      stderr: `ssh: connect to host 127.0.0.1 port ${port}: Connection refused\r\n`,
    });
    await assert.rejects(api("/version"), { code: "ECONNREFUSED" });
    assert.equal((await control.status(lab.dir)).running, true);
    await passed();
    assert.equal((await ssh("echo back")).stdout, "back\n");
  });

  test("refuse: one way only, until it is cleared", { skip: !haveSsh }, async () => {
    await control.addFault(lab.dir, { kind: "refuse", seconds: 0, only: "api" });
    assert.equal((await ssh("echo open")).stdout, "open\n");
    await assert.rejects(api("/version"), { code: "ECONNREFUSED" });
    await control.clearFaults(lab.dir);
    assert.equal((await api("/version")).status, 401);
  });

  const answers: [status: number, reason: string][] = [
    [500, "cluster not ready - no quorum?"],
    [503, "Service Unavailable"],
    [595, "Connection refused"],
    [599, "Too many redirections"],
  ];
  for (const [status, reason] of answers) {
    test(`api: a request is answered ${status}, the next one as ever`, async () => {
      await control.addFault(lab.dir, { kind: "api", match: "^GET /version", status });
      assert.deepEqual(await api("/version"), { status, reason });
      assert.equal((await api("/version")).status, 401);
    });
  }

  test("api: a request is never answered, another one is", async () => {
    await control.addFault(lab.dir, { kind: "api", match: "/nodes", hang: true });
    await assert.rejects(api("/nodes", 300), { message: "no answer" });
    assert.equal((await api("/version")).status, 401);
  });

  test("api: a request is slow", async () => {
    await control.addFault(lab.dir, { kind: "api", slowMs: 400 });
    const begin = Date.now();
    assert.equal((await api("/version")).status, 401);
    assert.ok(Date.now() - begin >= 390, `${Date.now() - begin} ms`);
  });

  test(
    "reboot: what runs and what is in memory is gone, what is on disk stays",
    { skip: !haveSsh },
    async () => {
      await ssh(
        "setsid sleep 1234 >/dev/null 2>&1 </dev/null & echo x >/run/memory; echo x >/tmp/memory; echo disk >/root/disk",
      );
      const waiting = ssh("sleep 20");
      await new Promise((resolve) => setTimeout(resolve, 200));
      await control.addFault(lab.dir, { kind: "reboot", seconds: 3 });
      assert.equal((await waiting).stderr, "Connection to 127.0.0.1 closed by remote host.\r\n");
      assert.match((await ssh("true")).stderr, /Connection refused/);
      await passed();
      const back = await ssh("cat /root/disk; ls /run/memory /tmp/memory; pgrep -c sleep; pveversion");
      assert.match(back.stdout, /^disk\n0\npve-manager\/9/);
      assert.equal(
        back.stderr,
        "ls: cannot access '/run/memory': No such file or directory\nls: cannot access '/tmp/memory': No such file or directory\n",
      );
    },
  );
});
