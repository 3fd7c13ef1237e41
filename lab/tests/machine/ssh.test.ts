import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { connect as connectSocket } from "node:net";
import { join } from "node:path";
import { describe, test } from "node:test";
import type { SFTPWrapper } from "ssh2";
import { labForTests, run } from "./labUnderTest";

const haveSsh = spawnSync("ssh", ["-V"]).error === undefined;

describe("SSH to the host", () => {
  const lab = labForTests();

  test("a command has root's environment and nothing of the daemon's", async () => {
    const ran = await lab.sh("pwd; env | cut -d= -f1 | sort | tr '\\n' ' '; echo $PATH");
    assert.equal(
      ran.stdout,
      "/root\nHOME LANG LOGNAME PATH PWD SHELL SHLVL SSH_CLIENT SSH_CONNECTION USER _ \n".replace(
        " \n",
        " ",
      ) + "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n",
    );
  });

  test("exit code, signal and both outputs come back", async () => {
    assert.deepEqual(await lab.sh("echo out; echo err >&2; exit 7"), {
      code: 7,
      stdout: "out\n",
      stderr: "err\n",
    });
    assert.deepEqual(await lab.sh("kill -KILL $$"), {
      code: null,
      signal: "SIGKILL",
      stdout: "",
      stderr: "",
    });
    assert.equal((await lab.sh("nosuchcommand")).code, 127);
  });

  test("outputs are pipes, as sshd makes them: their names in /dev can be opened", async () => {
    const ran = await lab.sh(
      "echo a >/dev/stderr; echo b | tee /dev/stderr >/dev/null; cat /dev/stdin",
      "c\n",
    );
    assert.deepEqual(ran, { code: 0, stdout: "c\n", stderr: "a\nb\n" });
  });

  test("a megabyte passes through unchanged", async () => {
    const text = "0123456789abcdef".repeat(65536);
    const ran = await lab.sh("cat", text);
    assert.equal(ran.stdout === text, true);
  });

  test("a command may be as long as an argument may be, 128 KiB", async () => {
    const word = "x".repeat(120_000);
    assert.deepEqual(await lab.sh(`: ${word}; echo long`), { code: 0, stdout: "long\n", stderr: "" });
  });

  test("eight commands side by side do not wait for each other", async () => {
    const client = await lab.connect();
    const begin = Date.now();
    const all = await Promise.all(Array.from({ length: 8 }, (_, n) => run(client, `sleep 0.5; echo ${n}`)));
    client.end();
    assert.deepEqual(
      all.map(({ stdout }) => stdout.trim()),
      ["0", "1", "2", "3", "4", "5", "6", "7"],
    );
    assert.ok(Date.now() - begin < 3000, `took ${Date.now() - begin} ms`);
  });

  test("an eleventh session of a connection is refused", async () => {
    const client = await lab.connect();
    const ten = Array.from({ length: 10 }, () => run(client, "sleep 0.5"));
    await assert.rejects(run(client, "true"), /Channel open failure/);
    await Promise.all(ten);
    client.end();
  });

  test("a command goes on when its client drops", async () => {
    const client = await lab.connect();
    void run(client, "sleep 0.5; echo done >/root/after-drop").catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, 200));
    client.destroy();
    await new Promise((resolve) => setTimeout(resolve, 600));
    assert.equal((await lab.sh("cat /root/after-drop")).stdout, "done\n");
  });

  test("variables of the client's environment are refused but for the language", async () => {
    const client = await lab.connect();
    const value = await new Promise<string>((resolve, reject) => {
      client.exec("echo [$SECRET] [$LC_TEST]", { env: { SECRET: "x", LC_TEST: "y" } }, (error, channel) => {
        if (error) return reject(error);
        channel.on("data", (data: Buffer) => resolve(data.toString()));
      });
    });
    client.end();
    assert.equal(value, "[] [y]\n");
  });

  test("which variables those are, AcceptEnv of a sshd_config says", async () => {
    const seen = async () => {
      const client = await lab.connect();
      const env = { LC_TEST: "a", PHASE_1: "b", OTHER: "c" };
      const value = await new Promise<string>((resolve, reject) => {
        client.exec("echo [$LC_TEST] [$PHASE_1] [$OTHER]", { env }, (error, channel) => {
          if (error) return reject(error);
          channel.on("data", (data: Buffer) => resolve(data.toString()));
        });
      });
      client.end();
      return value;
    };
    await lab.sh("echo 'PermitRootLogin yes' >/etc/ssh/sshd_config");
    assert.equal(await seen(), "[] [] []\n");
    await lab.sh("printf 'AcceptEnv LANG\n acceptenv PHASE_? OTHER.X\n' >/etc/ssh/sshd_config");
    assert.equal(await seen(), "[] [b] []\n");
    await lab.sh("rm /etc/ssh/sshd_config");
    assert.equal(await seen(), "[a] [] []\n");
  });

  test("root logs in by password; a wrong one, another key and another user are refused", async () => {
    const { password } = lab.info.api;
    const byPassword = await lab.connect({ privateKey: undefined, password });
    assert.equal((await run(byPassword, "id -un")).stdout, "root\n");
    byPassword.end();
    const refused = /All configured authentication methods failed/;
    await assert.rejects(lab.connect({ privateKey: undefined, password: "wrong" }), refused);
    await assert.rejects(lab.connect({ username: "nobody" }), refused);
  });

  test("keys are those of root's authorized_keys at that moment", async () => {
    const client = await lab.connect();
    await run(client, "cp -L /root/.ssh/authorized_keys /root/keys; : >/root/.ssh/authorized_keys");
    await assert.rejects(lab.connect(), /authentication methods failed/);
    await run(client, "cp /root/keys /root/.ssh/authorized_keys");
    client.end();
    assert.equal((await lab.sh("echo back")).stdout, "back\n");
  });

  test("beyond MaxStartups a connection is told so and closed", async () => {
    const { port } = lab.info.ssh;
    const answers: string[] = [];
    const sockets = Array.from({ length: 110 }, () => {
      const socket = connectSocket(port, "127.0.0.1");
      socket.once("data", (data: Buffer) => answers.push(data.toString()));
      socket.on("error", () => undefined);
      return socket;
    });
    await new Promise((resolve) => setTimeout(resolve, 1000));
    for (const socket of sockets) socket.destroy();
    assert.ok(answers.filter((answer) => answer === "Exceeded MaxStartups\r\n").length >= 10);
    assert.ok(answers.filter((answer) => answer.startsWith("SSH-2.0-OpenSSH")).length >= 10);
    await new Promise((resolve) => setTimeout(resolve, 100));
    assert.equal((await lab.sh("echo open again")).stdout, "open again\n");
  });

  test("stand-ins pass every byte of their arguments", async () => {
    const ran = await lab.sh(`zpool list "a'b\\"c d" '$(id)' '' 2>&1`);
    assert.equal(
      ran.stdout,
      "cannot open 'a'b\"c d': no such pool\ncannot open '$(id)': no such pool\ncannot open '': no such pool\n",
    );
  });

  test("only root reaches the stand-ins", async () => {
    const ran = await lab.sh("setpriv --reuid=65534 --clear-groups zpool list");
    assert.deepEqual(ran, { code: 126, stdout: "", stderr: "zpool: only root can do this\n" });
  });
});

describe("SFTP to the host", () => {
  const lab = labForTests();

  async function sftp(): Promise<{ files: SFTPWrapper; end: () => void }> {
    const client = await lab.connect();
    const files = await new Promise<SFTPWrapper>((resolve, reject) =>
      client.sftp((error, wrapper) => (error ? reject(error) : resolve(wrapper))),
    );
    return { files, end: () => client.end() };
  }

  test("a file written is the host's file, with its mode", async () => {
    const { files, end } = await sftp();
    const text = "0123456789".repeat(100_000);
    await new Promise<void>((resolve, reject) =>
      files.writeFile("/srv/data", text, { mode: 0o640 }, (error) => (error ? reject(error) : resolve())),
    );
    const back = await new Promise<string>((resolve, reject) =>
      files.readFile("/srv/data", (error, data) => (error ? reject(error) : resolve(data.toString()))),
    );
    end();
    assert.equal(back === text, true);
    assert.equal((await lab.sh("stat -c '%a %s %U' /srv/data")).stdout, "640 1000000 root\n");
  });

  test("no link leads out of the host's root file system", async () => {
    writeFileSync(join(lab.dir, "outside"), "outside");
    await lab.sh(
      `ln -s ${lab.dir}/outside /root/absolute; ln -s ../../../../../../..${lab.dir}/outside /root/relative`,
    );
    const { files, end } = await sftp();
    for (const path of ["/root/absolute", "/root/relative", `/../../..${lab.dir}/outside`]) {
      await new Promise<void>((resolve) =>
        files.readFile(path, (error) => {
          assert.equal((error as { code?: number } | undefined)?.code, 2, path);
          resolve();
        }),
      );
    }
    end();
  });

  test("missing files and folders have their status", async () => {
    const { files, end } = await sftp();
    const code = (call: (done: (error?: Error | null) => void) => void) =>
      new Promise<number | undefined>((resolve) =>
        call((error) => resolve((error as { code?: number } | null)?.code)),
      );
    assert.equal(await code((done) => files.stat("/nope", done)), 2);
    assert.equal(await code((done) => files.mkdir("/srv", done)), 4);
    assert.equal(await code((done) => files.mkdir("/srv/a", done)), undefined);
    assert.equal(await code((done) => files.rmdir("/srv/a", done)), undefined);
    const real = await new Promise<string>((resolve, reject) =>
      files.realpath(".", (error, path) => (error ? reject(error) : resolve(path))),
    );
    assert.equal(real, "/root");
    end();
  });
});

describe("OpenSSH's client", { skip: haveSsh ? false : "there is no ssh on this machine" }, () => {
  const lab = labForTests();

  function options(): string[] {
    const { port, privateKeyFile, hostKey } = lab.info.ssh;
    const known = join(lab.dir, "known_hosts");
    writeFileSync(known, `[127.0.0.1]:${port} ${hostKey}\n`);
    return [
      "-F",
      "/dev/null",
      "-i",
      privateKeyFile,
      "-o",
      `UserKnownHostsFile=${known}`,
      ...["-o", "BatchMode=yes", "-o", "IdentitiesOnly=yes"],
    ];
  }

  /** An agent or a language of this machine's user is not what is tested. */
  const spawning = { encoding: "utf8" as const, timeout: 60_000, env: { PATH: process.env.PATH } };

  test("checks the host key and runs a command", () => {
    const { port } = lab.info.ssh;
    const ran = spawnSync("ssh", [...options(), "-p", String(port), "root@127.0.0.1", "cat; exit 3"], {
      ...spawning,
      input: "through",
    });
    assert.deepEqual([ran.error, ran.status, ran.stdout, ran.stderr], [undefined, 3, "through", ""]);
  });

  test("scp copies there and back", () => {
    const { port } = lab.info.ssh;
    const [from, to] = [join(lab.dir, "from"), join(lab.dir, "to")];
    writeFileSync(from, "copied".repeat(10_000));
    for (const pair of [
      [from, "root@127.0.0.1:/srv/copied"],
      ["root@127.0.0.1:/srv/copied", to],
    ]) {
      const { status, stderr } = spawnSync("scp", [...options(), "-P", String(port), ...pair], spawning);
      assert.deepEqual([status, stderr], [0, ""]);
    }
    assert.equal(spawnSync("cmp", [from, to]).status, 0);
  });
});
