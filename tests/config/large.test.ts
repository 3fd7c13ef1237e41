/* eslint-disable @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-return --
   the documents are untyped */
/* Files that never end, or are far too large, are told of and not waited for; large ones are read in a time that
   grows with their size alone. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { ConfigurationError, formatFinding, loadEstate } from "../../config";
import { checkTexts, hypervisor, lxc } from "./samples";

const folder = mkdtempSync(join(tmpdir(), "phoenix-large-"));
after(() => rmSync(folder, { recursive: true }));

/** What is said of a file in the place of the host's. */
function said(file: string): string[] {
  const containers = join(folder, "lxc.json");
  writeFileSync(containers, JSON.stringify(lxc()));
  try {
    loadEstate({ hypervisorConfig: file, lxcConfigs: containers });
    return [];
  } catch (error) {
    assert.ok(error instanceof ConfigurationError);
    return error.mistakes.map(formatFinding);
  }
}

describe("what is no file, or too large", () => {
  const toFile = "write what comes from there to a file, and name that";
  test("a pipe that nobody writes to", () => {
    const path = join(folder, "pipe");
    execFileSync("mkfifo", [path]);
    assert.deepEqual(said(path), [`${path}: is a pipe, not a file — ${toFile}`]);
  });

  test("devices, also behind a link", () => {
    assert.deepEqual(said("/dev/zero"), [`/dev/zero: is a device, not a file — ${toFile}`]);
    const link = join(folder, "link.json");
    symlinkSync("/dev/zero", link);
    assert.deepEqual(said(link), [`${link}: is a device, not a file — ${toFile}`]);
  });

  test("a socket, a folder, and a link in a circle", async () => {
    const socket = join(folder, "socket");
    const server = createServer().listen(socket);
    await new Promise((resolve) => server.once("listening", resolve));
    assert.deepEqual(said(socket), [`${socket}: is a socket, not a file — ${toFile}`]);
    server.close();
    assert.deepEqual(said(folder), [`${folder}: is a folder — name the file in it`]);
    const circle = join(folder, "circle");
    symlinkSync(circle, circle);
    assert.deepEqual(said(circle), [`${circle}: is a link that leads to itself — correct the link`]);
  });

  test("10 MB", () => {
    const path = join(folder, "big.json");
    writeFileSync(path, `{"description": "${"x".repeat(10_000_000)}"}`);
    assert.deepEqual(said(path), [
      `${path}: is larger than 8 MiB — name the right file: no configuration is that large`,
    ]);
  });
});

describe("8,000 of something take seconds of work at most, not minutes", () => {
  const many = Array.from({ length: 8000 }, (_, index) => index);
  const rows: [string, (host: ReturnType<typeof hypervisor>, guests: ReturnType<typeof lxc>) => void][] = [
    ["unknown keys", (host) => many.forEach((n) => void (host[`key${n}`] = n))],
    ["wrong containers", (_, guests) => many.forEach((n) => void (guests.lxc_configs[5000 + n] = {}))],
    [
      "virtual machines that wait for one another",
      (host) => {
        host.vms = many.map((n) => ({ name: `vm${n}`, dependencies: n === 0 ? [] : [`vm${n - 1}`] }));
      },
    ],
    [
      "the same in a circle, backwards",
      (host) => {
        host.vms = many.map((n) => ({ name: `vm${n}`, dependencies: [`vm${(n + 1) % 8000}`] }));
      },
    ],
    [
      "datasets and disks",
      ({ zfs }) => {
        zfs.datasets = many.map((n) => ({ ...zfs.datasets[0], name: `d${n}` }));
        zfs.pools[1].disks = many.map((n) => `/dev/disk/by-id/d${n}`);
      },
    ],
    [
      "settings of an application",
      (_, guests) => {
        guests.lxc_configs[901].vllm_parameters = Object.fromEntries(many.map((n) => [`k${n}`, n]));
      },
    ],
  ];
  for (const [name, edit] of rows) {
    test(name, () => {
      const [host, guests] = [hypervisor(), lxc()];
      edit(host, guests);
      const texts = [JSON.stringify(host, null, 2), JSON.stringify(guests)] as const;
      const before = process.cpuUsage();
      checkTexts(...texts);
      const { user, system } = process.cpuUsage(before);
      assert.ok((user + system) / 1e6 < 5, `${(user + system) / 1e6} s`);
    });
  }

  test("keys that occur twice", () => {
    const before = process.cpuUsage();
    const { mistakes } = checkTexts(`{${many.map(() => '"a": 1').join(",\n")}}`, JSON.stringify(lxc()));
    assert.equal(mistakes.filter((line) => line.includes("occurs twice")).length, 7999);
    assert.match(mistakes[7998] ?? "", /on line 1 and line 8000/);
    assert.ok(process.cpuUsage(before).user / 1e6 < 5);
  });
});
