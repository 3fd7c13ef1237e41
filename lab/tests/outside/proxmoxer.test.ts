/** Outside users: proxmoxer (PyPI) and OpenSSH's client, on a lab that they take for a node. */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { labForTests } from "../machine/labUnderTest";

/** A Python that has it: $PYTHON, such as a virtual environment's, or python3. */
const python = process.env.PYTHON ?? "python3";
const canImport = spawnSync(python, ["-c", "import proxmoxer, requests"]).status === 0;
const noProxmoxer = canImport ? false : `${python} cannot import proxmoxer: pip install proxmoxer requests`;
const noSsh = spawnSync("ssh", ["-V"]).error === undefined ? false : "there is no ssh on this machine";

const template = "ubuntu-24.04-standard_24.04-2_amd64.tar.zst";
const prepare = `zpool create -f tank nvme0n1 && pvesm add zfspool guests --pool tank --content rootdir,images &&
  pveam download local ${template} >/dev/null`;

interface Ran {
  code: number | null;
  stdout: string;
  stderr: string;
}

function run(command: string, args: string[], input: string): Promise<Ran> {
  const child = spawn(command, args, { stdio: "pipe", timeout: 120_000 });
  const ran: Ran = { code: null, stdout: "", stderr: "" };
  child.stdout.on("data", (data: Buffer) => (ran.stdout += data.toString()));
  child.stderr.on("data", (data: Buffer) => (ran.stderr += data.toString()));
  child.stdin.end(input);
  return new Promise((resolve) => child.on("close", (code) => resolve({ ...ran, code })));
}

// Both make a container without nesting of a system whose systemd wants it: each start, creation and clone has a word.

describe("proxmoxer", { skip: noProxmoxer }, () => {
  const lab = labForTests();

  test("lists, creates, starts, configures, snapshots, clones, follows tasks", async () => {
    assert.equal((await lab.sh(prepare)).code, 0);
    const { endpoint, node, password } = lab.info.api;
    const { hostname, port } = new URL(endpoint);
    const script = join(__dirname, "proxmoxer_session.py");
    const args = [script, hostname, port, node, "guests", `local:vztmpl/${template}`];
    const { code, stdout, stderr } = await run(python, args, `${password}\n`);
    assert.deepEqual([code, stderr], [0, ""], stdout);
    assert.deepEqual(stdout.trimEnd().split("\n"), [
      "nodes ['phoenix']",
      "version 9",
      "list []",
      "template True",
      "create WARNINGS: 1",
      "start WARNINGS: 1",
      "status running",
      "list [(150, 'outside', 'running')]",
      "config outside 2 'from outside\\n' ubuntu",
      "snapshot OK",
      "snapshots ['before', 'current']",
      "clone WARNINGS: 1",
      "clone config copy",
      "rollback OK",
      "delete snapshot OK",
      "refused 500 CT 150 not running",
      "start again WARNINGS: 1",
      "stop OK",
      "tasks ['download', 'vzclone', 'vzcreate', 'vzdelsnapshot', 'vzrollback', 'vzsnapshot', 'vzstart', 'vzstop']",
      "log TASK WARNINGS: 1",
      "missing 500 Configuration file 'nodes/phoenix/lxc/999.conf' does not exist",
      "by token stopped",
      "root only 403",
      "destroy OK",
      "destroy OK",
      "list []",
    ]);
  });
});

describe("OpenSSH's client as an operator's", { skip: noSsh }, () => {
  const lab = labForTests();

  test("lists, creates, starts, configures, snapshots, clones, reads the log of tasks", async () => {
    const { port, privateKeyFile, hostKey } = lab.info.ssh;
    const known = join(lab.dir, "known_hosts");
    writeFileSync(known, `[127.0.0.1]:${port} ${hostKey}\n`);
    const args = ["-F", "/dev/null", "-i", privateKeyFile, "-p", String(port), "-o", "BatchMode=yes"];
    const ssh = (command: string, input = "") =>
      run("ssh", [...args, "-o", `UserKnownHostsFile=${known}`, "root@127.0.0.1", command], input);
    const says = async (command: string, stdout: string) =>
      assert.deepEqual(await ssh(command), { code: 0, stdout, stderr: "" }, command);

    assert.equal((await ssh(prepare)).code, 0);
    await says("pct list", "");
    const create = `pct create 150 local:vztmpl/${template} --rootfs guests:1 --hostname operator --memory 256`;
    assert.equal((await ssh(create)).code, 0);
    const word = "WARN: Systemd 255 detected. You may need to enable nesting.\n";
    assert.deepEqual(await ssh("pct start 150; pct status 150"), {
      code: 0,
      stdout: `${word}status: running\n`,
      stderr: "Task finished with 1 warning(s)!\n",
    });
    assert.deepEqual(await ssh("pct exec 150 -- sh -c 'cat; hostname'", "typed\n"), {
      code: 0,
      stdout: "typed\noperator\n",
      stderr: "",
    });
    await says(
      "pct set 150 --cores 2 && pct config 150 | grep -E '^(cores|hostname)'",
      "cores: 2\nhostname: operator\n",
    );
    await says("pct stop 150; pct status 150", "status: stopped\n");
    await says("pct snapshot 150 before; pct listsnapshot 150 | awk '{print $2}'", "before\ncurrent\n");
    assert.equal((await ssh("pct clone 150 151 --hostname copy")).code, 0);
    await says("pct config 151 | grep ^hostname", "hostname: copy\n");
    const tasks = await ssh("pvesh get /nodes/phoenix/tasks --output-format json");
    const types = (JSON.parse(tasks.stdout) as { type: string; status: string }[]).map(
      ({ type, status }) => `${type} ${status}`,
    );
    assert.deepEqual(types.sort(), [
      "download OK",
      "vzclone WARNINGS: 1",
      "vzcreate WARNINGS: 1",
      "vzsnapshot OK",
      "vzstart WARNINGS: 1",
      "vzstop OK",
    ]);
  });
});
