/** The host's network: nothing but loopback, and only the two doors lead in. */
import assert from "node:assert/strict";
import { createServer } from "node:net";
import { readFileSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { connect } from "node:net";
import { join } from "node:path";
import { describe, test } from "node:test";
import * as control from "../../host/control";
import { ask } from "../../host/machine/controlSocket";
import { labForTests } from "../machine/labUnderTest";
import { networkOf, processesOf } from "./machine";

describe("the host's network", () => {
  const lab = labForTests();

  const attempts: [name: string, command: string, message: RegExp][] = [
    ["bash", "echo >/dev/tcp/192.0.2.1/80", /Network is unreachable/],
    ["bash, IPv6", "echo >/dev/tcp/2001:db8::1/80", /Network is unreachable|Cannot assign requested address/],
    [
      "perl",
      "perl -MIO::Socket::INET -e 'IO::Socket::INET->new(PeerAddr => q(192.0.2.1:80)) or die qq($!\\n)'",
      /Network is unreachable/,
    ],
  ];
  for (const [name, command, message] of attempts) {
    test(`no connection leads out: ${name}`, async () => {
      const begin = Date.now();
      const ran = await lab.sh(`LC_ALL=C; ${command}`);
      assert.notEqual(ran.code, 0);
      assert.match(ran.stderr, message);
      assert.ok(Date.now() - begin < 5000);
    });
  }

  test("no process of the lab is in this machine's network, the daemon included", () => {
    const found = processesOf(lab.dir);
    assert.ok(found.length >= 2, found.join("\n"));
    const own = networkOf("self");
    for (const line of found) {
      assert.notEqual(networkOf(line.split(" ")[0] ?? ""), own, line);
    }
  });

  test("a server on this machine's loopback cannot be reached from the host", async () => {
    const server = createServer((socket) => socket.end("reached\n"));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as { port: number };
    const ran = await lab.sh(`LC_ALL=C; cat </dev/tcp/127.0.0.1/${port}`);
    server.close();
    assert.deepEqual([ran.code, ran.stdout], [1, ""]);
    assert.match(ran.stderr, /Connection refused/);
  });

  test("the doors are open on loopback alone", async () => {
    const { ssh, api } = lab.info;
    const ports = [ssh.port, Number(new URL(api.endpoint).port)];
    const listening = readFileSync("/proc/net/tcp", "utf8")
      .split("\n")
      .map((line) => line.trim().split(/\s+/))
      .filter(([, , , state]) => state === "0A")
      .map(([, address = ""]) => address);
    for (const port of ports) {
      const hex = port.toString(16).toUpperCase().padStart(4, "0");
      assert.deepEqual(
        listening.filter((address) => address.endsWith(`:${hex}`)),
        [`0100007F:${hex}`],
      );
    }
    const outer = Object.values(networkInterfaces())
      .flat()
      .find((one) => one?.internal === false && one.family === "IPv4");
    if (outer === undefined) return;
    const answer = await new Promise((resolve) => {
      const socket = connect(ports[0] ?? 0, outer.address, () => resolve("connected"));
      socket.on("error", (error: NodeJS.ErrnoException) => resolve(error.code));
    });
    assert.equal(answer, "ECONNREFUSED");
  });

  test("the host has its own addresses", async () => {
    assert.equal(
      (await lab.sh("LC_ALL=C; echo >/dev/tcp/10.0.0.13/1")).stderr.includes("Connection refused"),
      true,
    );
  });
});

describe("a port that another program has taken", () => {
  const lab = labForTests();

  test("is named with what to do, and other ports are chosen on request", async () => {
    const before = lab.info;
    await control.stop(lab.dir);
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(before.ssh.port, "127.0.0.1", resolve));
    await assert.rejects(control.start(lab.dir), {
      message:
        `the lab did not start: port ${before.ssh.port} of 127.0.0.1, which this lab keeps, is taken by another program: ` +
        `end that one, or lab start --new-ports chooses others (see ${join(lab.dir, "log")})`,
    });
    const { info } = await control.start(lab.dir, { newPorts: true });
    server.close();
    assert.notEqual(info.ssh.port, before.ssh.port);
    assert.equal((await lab.sh("echo there")).stdout, "there\n");
    assert.deepEqual(info.ssh.hostKey, before.ssh.hostKey);
  });

  test("ports of a lab that runs are not changed", async () => {
    await assert.rejects(
      control.start(lab.dir, { newPorts: true }),
      /runs; lab stop, then lab start --new-ports/,
    );
    assert.notEqual(await ask(lab.dir, "control.sock", "faults"), undefined);
  });
});
