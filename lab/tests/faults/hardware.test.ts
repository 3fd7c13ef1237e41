/** Lost hardware, and the command line that orders faults. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { afterEach, describe, test } from "node:test";
import * as control from "../../host/control";
import { labForTests } from "../machine/labUnderTest";

const executable = join(__dirname, "..", "..", "bin", "lab");

describe("hardware that goes", () => {
  const lab = labForTests();
  afterEach(() => control.clearFaults(lab.dir));

  test("a disk of a mirror: the pool is degraded, in OpenZFS's words, and healthy when it is back", async () => {
    await lab.sh("zpool create -f tank mirror nvme0n1 nvme1n1");
    await control.addFault(lab.dir, { kind: "disk", device: "nvme1n1" });
    assert.equal(
      (await lab.sh("zpool status tank")).stdout,
      [
        "  pool: tank",
        " state: DEGRADED",
        "status: One or more devices have been removed.",
        "\tSufficient replicas exist for the pool to continue functioning in a",
        "\tdegraded state.",
        "action: Online the device using zpool online' or replace the device with",
        "\t'zpool replace'.",
        "config:",
        "",
        "\tNAME         STATE     READ WRITE CKSUM",
        "\ttank         DEGRADED     0     0     0",
        "\t  mirror-0   DEGRADED     0     0     0",
        "\t    nvme0n1  ONLINE       0     0     0",
        "\t    nvme1n1  REMOVED      0     0     0",
        "",
        "errors: No known data errors",
        "",
      ].join("\n"),
    );
    const there = "ls /dev/nvme1n1* /dev/disk/by-id | grep -c 310536X; lsblk -dno NAME | tr '\\n' ' '";
    assert.equal((await lab.sh(there)).stdout, "0\nnvme0n1 nvme2n1 ");
    await control.clearFaults(lab.dir);
    assert.equal((await lab.sh(there)).stdout, "6\nnvme0n1 nvme1n1 nvme2n1 ");
    assert.equal((await lab.sh("zpool status -x")).stdout, "all pools are healthy\n");
  });

  test("the only disk: the pool is suspended, and still is after a stop", async () => {
    await lab.sh("zpool create -f one nvme2n1");
    await control.addFault(lab.dir, { kind: "disk", device: "nvme2n1" });
    await control.stop(lab.dir);
    await control.start(lab.dir);
    const { stdout } = await lab.sh("zpool list -H -o health one; zpool status one | sed -n 2,5p");
    assert.equal(
      stdout,
      "SUSPENDED\n state: SUSPENDED\n" +
        "status: One or more devices are faulted in response to IO failures.\n" +
        "action: Make sure the affected devices are connected, then run 'zpool clear'.\n" +
        "   see: https://openzfs.github.io/openzfs-docs/msg/ZFS-8000-HC\n",
    );
  });

  test("a graphics card leaves the bus and comes back", async () => {
    const cards = "lspci | grep -c VGA; ls /sys/bus/pci/devices | grep -c 02:00.0";
    await control.addFault(lab.dir, { kind: "gpu", pci: "0000:02:00.0" });
    assert.equal((await lab.sh(cards)).stdout, "1\n0\n");
    await control.clearFaults(lab.dir);
    assert.equal((await lab.sh(cards)).stdout, "2\n1\n");
  });
});

describe("lab fault", () => {
  const lab = labForTests();

  function run(...args: string[]) {
    const { status, stdout, stderr } = spawnSync(executable, [...args, "--dir", lab.dir], {
      encoding: "utf8",
    });
    return [status, stdout, stderr];
  }

  test("orders, lists, tells in the status, and clears", () => {
    assert.deepEqual(run("fault", "add", "drop", "--nth", "3", "--after-ms", "50"), [
      0,
      "ordered: 1 drop nth=3 afterMs=50 (seen 0, struck 0)\n",
      "",
    ]);
    assert.deepEqual(run("fault", "add", "command", "^pct start", "--fail", "guest-start"), [
      0,
      "ordered: 2 command match=^pct start exit=255 stderr=startup for container failed (seen 0, struck 0)\n",
      "",
    ]);
    assert.deepEqual(run("fault", "add", "gpu", "0000:01:00.0")[0], 0);
    const [, status] = run("status");
    assert.match(
      String(status),
      /\nfault 1 drop nth=3 afterMs=50 .*\nfault 2 command .*\nfault 3 gpu pci=0000:01:00.0\n$/,
    );
    assert.deepEqual(
      run("fault", "clear", "2")[1],
      "cleared: 2 command match=^pct start exit=255 stderr=startup for container failed (seen 0, struck 0)\n",
    );
    assert.equal(String(run("fault", "list")[1]).split("\n").length, 3);
    assert.equal(run("fault", "clear")[0], 0);
    assert.deepEqual(run("fault", "list"), [0, "no faults\n", ""]);
  });

  const mistakes: [args: string[], message: string][] = [
    [["add", "disk", "sdz"], "the machine has no disk sdz; it has nvme0n1, nvme1n1, nvme2n1"],
    [["add", "gpu", "x"], "the machine has no graphics card x; it has 0000:01:00.0, 0000:02:00.0"],
    [["add", "fill", "/nowhere"], "the host has no folder /nowhere"],
    [["add", "fill", "tank"], "fill takes an absolute path, not tank"],
    [["add", "lock", "apt"], "a lock is dpkg, a container's number or an absolute path, not apt"],
    [["add", "command", "pct"], "a command is to be slow (--slow) or to fail (--fail, --exit, --stderr)"],
    [["add", "command", "pct", "--fail", "x"], "there is no message x; lab fault messages lists them"],
    [["add", "api"], "a request is to be slow (--slow), answered (--status) or left unanswered (--hang)"],
    [["add", "api", "--status", "99"], "--status takes an HTTP status, not 99"],
    [["add", "drop", "--nth", "x"], "--nth takes a whole number from 0 on, not x"],
    [
      ["add", "drop", "--match", "("],
      "( is no regular expression: Invalid regular expression: /(/: Unterminated group",
    ],
    [["add", "refuse", "--only", "x"], "--only takes ssh or api, not x"],
    [["clear", "99"], "there is no fault 99; lab fault list shows them"],
  ];
  for (const [args, message] of mistakes) {
    test(`mistake: ${args.join(" ")}`, () => {
      assert.deepEqual(run("fault", ...args), [1, "", `lab: ${message}\n`]);
    });
  }
});
