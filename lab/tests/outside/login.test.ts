/** Logging in as on a node: OpenSSH's client with keys and limits, the API's ticket, token and certificate. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import type { TLSSocket } from "node:tls";
import { join } from "node:path";
import { describe, test } from "node:test";
import * as control from "../../host/control";
import { labForTests } from "../machine/labUnderTest";

const missing = ["ssh", "ssh-keygen"].filter((tool) => spawnSync(tool, ["-?"]).error !== undefined);
const noSsh = missing.length === 0 ? false : `${missing.join(", ")} not on this machine`;

describe("OpenSSH's client", { skip: noSsh }, () => {
  const lab = labForTests();

  function ssh(options: string[], command = "true", env: NodeJS.ProcessEnv = {}) {
    const { port, hostKey } = lab.info.ssh;
    const known = join(lab.dir, "known_hosts");
    writeFileSync(known, `[127.0.0.1]:${port} ${hostKey}\n`);
    const args = [
      "-F",
      "/dev/null",
      "-p",
      String(port),
      "-o",
      `UserKnownHostsFile=${known}`,
      "-o",
      "BatchMode=yes",
    ];
    const { status, stdout, stderr } = spawnSync("ssh", [...args, ...options, "root@127.0.0.1", command], {
      encoding: "utf8",
      env: { PATH: process.env.PATH, ...env },
      timeout: 20_000,
    });
    return { status, stdout, stderr };
  }

  /** Makes a key that the host does not know. */
  function strangeKey(name: string): string {
    const file = join(lab.dir, name);
    if (!existsSync(file)) spawnSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", file]);
    return file;
  }

  const identities = (files: string[]) => [
    "-o",
    "IdentitiesOnly=yes",
    ...files.flatMap((file) => ["-i", file]),
  ];

  test("another key is refused with the methods there are", () => {
    assert.deepEqual(ssh(identities([strangeKey("strange")])), {
      status: 255,
      stdout: "",
      stderr: "root@127.0.0.1: Permission denied (publickey,password).\r\n",
    });
  });

  test("the sixth wrong key ends the connection, even when the right one follows", () => {
    const { port, privateKeyFile } = lab.info.ssh;
    const wrong = Array.from({ length: 6 }, (_, index) => strangeKey(`strange${index}`));
    const refused = ssh(identities([...wrong, privateKeyFile]));
    assert.equal(refused.status, 255);
    assert.equal(
      refused.stderr,
      `Received disconnect from 127.0.0.1 port ${port}:2: Too many authentication failures\r\nDisconnected from 127.0.0.1 port ${port}\r\n`,
    );
    assert.equal(ssh(identities([...wrong.slice(0, 5), privateKeyFile])).status, 0);
  });

  test("of the client's variables only the language's arrive", () => {
    const send = ["-o", "SendEnv=LANG LC_* SECRET", "-i", lab.info.ssh.privateKeyFile];
    const found = ssh(send, "echo $LANG $LC_TIME [$SECRET]", { LANG: "C", LC_TIME: "C.UTF-8", SECRET: "x" });
    assert.equal(found.stdout, "C C.UTF-8 []\n");
  });

  test("eleven connections that have not logged in: some are turned away, and it says so", async () => {
    const { port } = lab.info.ssh;
    const { connect } = await import("node:net");
    const sockets = Array.from({ length: 10 }, () => connect(port, "127.0.0.1"));
    await Promise.all(sockets.map((socket) => new Promise((resolve) => socket.once("data", resolve))));
    const tried = Array.from({ length: 24 }, () => ssh(["-i", lab.info.ssh.privateKeyFile]));
    for (const socket of sockets) socket.destroy();
    const refused = tried.filter(({ status }) => status === 255);
    assert.ok(refused.length > 0 && refused.length < 24, `${refused.length} of 24`);
    for (const { stderr } of refused)
      assert.match(
        stderr,
        /^(kex_exchange_identification: .*|Not allowed at this time|Connection (closed|reset) by 127\.0\.0\.1 port \d+|Exceeded MaxStartups)/,
      );
    assert.equal(ssh(["-i", lab.info.ssh.privateKeyFile]).status, 0);
  });
});

describe("the API", () => {
  const lab = labForTests();

  interface Answer {
    status: number | undefined;
    reason: string | undefined;
    data: unknown;
    fingerprint: string;
  }

  function api(verb: string, path: string, headers: Record<string, string> = {}, form = ""): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const options = { method: verb, rejectUnauthorized: false, headers };
      const asked = request(`${lab.info.api.endpoint}api2/json${path}`, options, (response) => {
        let text = "";
        const { fingerprint256 } = (response.socket as TLSSocket).getPeerCertificate();
        response.on("data", (chunk: Buffer) => (text += chunk.toString()));
        response.on("end", () =>
          resolve({
            ...{ status: response.statusCode, reason: response.statusMessage, fingerprint: fingerprint256 },
            data: text === "" ? undefined : (JSON.parse(text) as { data: unknown }).data,
          }),
        );
      });
      asked.on("error", reject);
      asked.end(form);
    });
  }

  async function login(): Promise<Record<string, string>> {
    const { username, password } = lab.info.api;
    const { status, data } = await api(
      "POST",
      "/access/ticket",
      {},
      new URLSearchParams({ username, password }).toString(),
    );
    assert.equal(status, 200);
    const { ticket, CSRFPreventionToken } = data as Record<string, string>;
    return {
      Cookie: `PVEAuthCookie=${encodeURIComponent(ticket ?? "")}`,
      CSRFPreventionToken: CSRFPreventionToken ?? "",
    };
  }

  test("a ticket reads; it writes only with its token against forged requests", async () => {
    const both = await login();
    assert.equal((await api("GET", "/version", both)).status, 200);
    const { Cookie = "" } = both;
    assert.equal((await api("GET", "/version", { Cookie })).status, 200);
    const forged = await api("POST", "/access/groups", { Cookie }, "groupid=forged");
    assert.deepEqual([forged.status, forged.data], [401, undefined]);
    assert.equal((await api("POST", "/access/groups", both, "groupid=made")).status, 200);
    assert.equal((await api("GET", "/version", { Cookie: `${Cookie}x` })).status, 401);
  });

  test("a token needs no ticket; what is for root@pam alone it may not do", async () => {
    const both = await login();
    const made = await api("POST", "/access/users/root@pam/token/robot", both, "privsep=0");
    const { value } = made.data as { value: string };
    const Authorization = `PVEAPIToken=root@pam!robot=${value}`;
    assert.equal((await api("GET", "/nodes", { Authorization })).status, 200);
    assert.equal((await api("POST", "/access/groups", { Authorization }, "groupid=robots")).status, 200);
    const wrong = await api("GET", "/nodes", { Authorization: `${Authorization}x` });
    assert.equal(wrong.status, 401);
    const template = "local:vztmpl/ubuntu-24.04-standard_24.04-2_amd64.tar.zst";
    const bind = new URLSearchParams({ vmid: "100", ostemplate: template, mp0: "/srv,mp=/srv" }).toString();
    const refused = await api("POST", "/nodes/phoenix/lxc", { Authorization }, bind);
    assert.equal(refused.status, 403);
  });

  test("the certificate is the node's own, with one fingerprint over stops and starts", async () => {
    const { fingerprint } = await api("GET", "/version");
    assert.match(fingerprint, /^([0-9A-F]{2}:){31}[0-9A-F]{2}$/);
    await control.stop(lab.dir);
    await control.start(lab.dir);
    assert.equal((await api("GET", "/version")).fingerprint, fingerprint);
    await control.reset(lab.dir);
    assert.equal((await api("GET", "/version")).fingerprint, fingerprint);
  });
});
