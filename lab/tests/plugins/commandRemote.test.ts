import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { assetSignature, archiveSignature, plain, secret, signatureKey } from "../../plugins/shared/wire";
import type { Wire, WireMap } from "../../plugins/shared/wire";
import { PluginProcess } from "./pluginProcess";
import { encryptedKey, keyPair, SshServer } from "./sshServer";

const urn = "urn:pulumi:dev::lab::command:remote:Command::step";
const copyUrn = "urn:pulumi:dev::lab::command:remote:CopyToRemote::file";
const hostKeys = keyPair();
const userKeys = keyPair();
const password = "hunter2 hunter2";

describe("the command plugin: remote", () => {
  let plugin: PluginProcess;
  let server: SshServer;
  let connection: WireMap;

  before(async () => {
    plugin = await PluginProcess.start("pulumi-resource-command");
    await plugin.configure();
    const options = { hostKey: hostKeys.private, authorizedKey: userKeys.public, password };
    server = await SshServer.start({ ...options, acceptEnv: ["LC_PHASE"] });
    const hostKey = hostKeys.public;
    connection = {
      host: "127.0.0.1",
      port: server.port,
      user: "root",
      privateKey: userKeys.private,
      hostKey,
    };
    connection["dialErrorLimit"] = 0;
  });
  after(async () => {
    await plugin.stop();
    await server.stop();
  });

  const create = async (inputs: WireMap, to: Wire = connection) => {
    const { inputs: checked, failures } = await plugin.check(urn, { connection: to, ...inputs });
    assert.deepEqual(failures, []);
    return plugin.create(urn, checked);
  };
  const messages = () => plugin.engine.log.map((line) => line.message);

  test("check fills in the connection's defaults and marks it and its keys secret", async () => {
    const { inputs } = await plugin.check(urn, {
      connection: { host: "h", privateKey: "k" },
      create: "true",
    });
    assert.deepEqual(inputs, {
      connection: secret({
        host: "h",
        user: "root",
        port: 22,
        dialErrorLimit: 10,
        perDialTimeout: 15,
        privateKey: secret("k"),
      }),
      create: "true",
    });
    const { failures } = await plugin.check(urn, { create: "true" });
    assert.deepEqual(failures, [
      { property: "connection", reason: "Missing required field 'connection' on 'remote.CommandInputs'" },
    ]);
  });

  test("runs a command with stdin; outputs keep the connection's secret marks", async () => {
    const { id, state } = await create({ create: "cat; echo progress >&2", stdin: secret('{"a":1}\n') });
    assert.match(id, /^step[0-9a-f]{8}$/);
    assert.equal(state["stdout"], '{"a":1}');
    assert.equal(state["stderr"], "progress");
    assert.deepEqual(state["stdin"], secret('{"a":1}\n'));
    assert.deepEqual((plain(state["connection"] ?? null) as WireMap)["privateKey"], userKeys.private);
    assert.ok(JSON.stringify(state["connection"]).startsWith(`{"${signatureKey}"`));
  });

  test("a command without stdin sees its end at once", async () => {
    assert.equal((await create({ create: "cat; echo end" })).state["stdout"], "end");
  });

  test("a failure quotes command, stdout and stderr, never stdin or keys", async () => {
    plugin.engine.log.length = 0;
    const failed = create({
      create: "cat >/dev/null; echo out; exit 4",
      stdin: secret("the secret"),
      logging: "none",
    });
    await assert.rejects(failed, {
      details: 'Process exited with status 4: running "cat >/dev/null; echo out; exit 4":\nout\n',
    });
    await assert.rejects(create({ create: "kill -TERM $$" }), {
      details: 'Process exited with status 143 from signal TERM: running "kill -TERM $$":\n',
    });
    await assert.rejects(create({ create: "drop the connection" }), {
      details:
        'wait: remote command exited without exit status or exit signal: running "drop the connection":\n',
    });
    assert.deepEqual(messages(), []);
  });

  test("streams the chosen output while the command runs", async () => {
    plugin.engine.log.length = 0;
    const running = create({
      create: "echo first >&2; sleep 0.4; echo second >&2; echo result",
      logging: "stderr",
    });
    await new Promise((resolve) => setTimeout(resolve, 250));
    assert.deepEqual(messages(), ["first"]);
    assert.equal((await running).state["stdout"], "result");
    assert.deepEqual(messages(), ["first", "second"]);
    assert.deepEqual(
      plugin.engine.log.map(({ urn: at, ephemeral }) => ({ at, ephemeral })),
      [
        { at: urn, ephemeral: true },
        { at: urn, ephemeral: true },
      ],
    );
  });

  test("environment is refused unless the server accepts the name, and then nothing runs", async () => {
    const accepted = await create({ create: 'echo "$LC_PHASE"', environment: { LC_PHASE: "late" } });
    assert.equal(accepted.state["stdout"], "late");
    plugin.engine.log.length = 0;
    const mark = join(mkdtempSync(join(tmpdir(), "remote-")), "ran");
    await assert.rejects(create({ create: `touch ${mark}`, environment: { PHASE: "late" } }), {
      details: 'could not set environment variable "PHASE": ssh: setenv failed',
    });
    assert.throws(() => readFileSync(mark), { code: "ENOENT" });
    assert.match(
      messages()[0] ?? "",
      /^Unable to set 'PHASE'\. This only works if your SSH server is configured to accept\n/,
    );
  });

  test("the previous output is offered as environment; a refusal is only a warning", async () => {
    plugin.engine.log.length = 0;
    const inputs = (await plugin.check(urn, { connection, create: "echo b" })).inputs;
    const olds = { inputs, state: { ...inputs, stdout: "a", stderr: "" } };
    const updated = await plugin.update(urn, "step1", olds, inputs);
    assert.equal(updated["stdout"], "b");
    assert.match(messages()[0] ?? "", /^Unable to set 'PULUMI_COMMAND_STDOUT'/);
    plugin.engine.log.length = 0;
    await plugin.update(urn, "step1", olds, { ...inputs, addPreviousOutputInEnv: false, logging: "none" });
    assert.deepEqual(messages(), []);
  });

  test("the host key may be a known_hosts line; a wrong, bare or other one is refused", async () => {
    const ok = await create(
      { create: "echo ok" },
      { ...connection, hostKey: `[127.0.0.1]:22 ${hostKeys.public}` },
    );
    assert.equal(ok.state["stdout"], "ok");
    await assert.rejects(create({ create: "true" }, { ...connection, hostKey: keyPair().public }), {
      details: "after 0 failed attempts: ssh: handshake failed: ssh: host key mismatch",
    });
    await assert.rejects(
      create({ create: "true" }, { ...connection, hostKey: hostKeys.public.split(" ")[1] ?? "" }),
      {
        details: "failed to parse host key: ssh: no key found",
      },
    );
  });

  test("logs in with a password, and says which methods it tried", async () => {
    const { host, port } = connection as { host: string; port: number };
    const byPassword = { host, port, dialErrorLimit: 0 };
    assert.equal((await create({ create: "echo in" }, { ...byPassword, password })).state["stdout"], "in");
    await assert.rejects(
      create({ create: "true" }, { ...byPassword, password: "wrong", privateKey: keyPair().private }),
      {
        details:
          "after 0 failed attempts: ssh: handshake failed: ssh: unable to authenticate, " +
          "attempted methods [none publickey password], no supported methods remain",
      },
    );
  });

  test("an encrypted key needs its password; the messages hold neither", async () => {
    const privateKey = encryptedKey("opens");
    await assert.rejects(create({ create: "true" }, { ...connection, privateKey }), {
      details: "ssh: this private key is passphrase protected",
    });
    await assert.rejects(
      create({ create: "true" }, { ...connection, privateKey, privateKeyPassword: "no" }),
      {
        details: "x509: decryption password incorrect",
      },
    );
    await assert.rejects(create({ create: "true" }, { ...connection, privateKey: "garbage" }), {
      details: "ssh: no key found",
    });
  });

  test("dials again with growing pauses until the server is there, or the limit is reached", async () => {
    const flaky = await SshServer.start({
      hostKey: hostKeys.private,
      authorizedKey: userKeys.public,
      drop: 2,
    });
    plugin.engine.log.length = 0;
    const began = Date.now();
    const made = await create(
      { create: "echo at last" },
      { ...connection, port: flaky.port, dialErrorLimit: 3 },
    );
    assert.equal(made.state["stdout"], "at last");
    assert.deepEqual(messages(), ["Dial 1/3 failed: retrying", "Dial 2/3 failed: retrying", "at last"]);
    assert.ok(Date.now() - began >= 250, "0.1 s and 0.15 s lie between three attempts");
    assert.equal(flaky.connections, 3);
    await flaky.stop();
    const gone = { ...connection, port: flaky.port, dialErrorLimit: 2 };
    await assert.rejects(create({ create: "true" }, gone), {
      details: `after 2 failed attempts: dial tcp 127.0.0.1:${flaky.port}: connect: connection refused`,
    });
  });

  test("a server that hangs up during the handshake is an EOF", async (t) => {
    const silent = createServer((socket) => socket.end());
    // Also after a failure: a server that listens keeps the process from ending.
    t.after(() => silent.close());
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    const { port } = silent.address() as AddressInfo;
    await assert.rejects(create({ create: "true" }, { ...connection, port }), {
      details: "after 0 failed attempts: ssh: handshake failed: EOF",
    });
  });

  test("goes through a proxy, whose failures are named so", async (t) => {
    const proxyKeys = keyPair();
    const jump = await SshServer.start({ hostKey: proxyKeys.private, password: "jump" });
    t.after(() => jump.stop());
    const proxy = {
      host: "127.0.0.1",
      port: jump.port,
      password: "jump",
      hostKey: proxyKeys.public,
      dialErrorLimit: 0,
    };
    const { state } = await create({ create: "echo through" }, { ...connection, proxy });
    assert.deepEqual([state["stdout"], jump.connections], ["through", 1]);
    await assert.rejects(create({ create: "true" }, { ...connection, proxy: { ...proxy, password: "no" } }), {
      details:
        "proxy: after 0 failed attempts: ssh: handshake failed: ssh: unable to authenticate, " +
        "attempted methods [none password], no supported methods remain",
    });
  });

  test("commands run side by side, one connection each", async (t) => {
    const busy = await SshServer.start({ hostKey: hostKeys.private, authorizedKey: userKeys.public });
    t.after(() => busy.stop());
    const to = { ...connection, port: busy.port };
    const began = Date.now();
    await Promise.all(Array.from({ length: 8 }, () => create({ create: "sleep 1" }, to)));
    const took = Date.now() - began;
    assert.deepEqual([busy.connections, busy.mostOpen], [8, 8]);
    assert.ok(took < 3000, `eight commands of one second took ${took} ms`);
  });

  test("copies a text, a file and a folder", async () => {
    const target = mkdtempSync(join(tmpdir(), "copied-"));
    const folder = mkdtempSync(join(tmpdir(), "source-"));
    mkdirSync(join(folder, "sub"));
    writeFileSync(join(folder, "sub", "a.txt"), "in a folder");
    const copy = async (source: Wire, remotePath: string) => {
      const { inputs, failures } = await plugin.check(copyUrn, { connection, source, remotePath });
      assert.deepEqual(failures, []);
      return plugin.create(copyUrn, inputs);
    };
    const { id } = await copy(
      { [signatureKey]: assetSignature, text: "a text" },
      join(target, "new", "text"),
    );
    assert.match(id, /^[0-9a-f]{8}$/);
    assert.equal(readFileSync(join(target, "new", "text"), "utf8"), "a text");
    await copy({ [signatureKey]: assetSignature, path: join(folder, "sub", "a.txt") }, target);
    assert.equal(readFileSync(join(target, "a.txt"), "utf8"), "in a folder");
    await copy({ [signatureKey]: archiveSignature, path: `${folder}/` }, join(target, "tree"));
    assert.equal(readFileSync(join(target, "tree", "sub", "a.txt"), "utf8"), "in a folder");
    await assert.rejects(copy({ [signatureKey]: assetSignature, text: "x" }, target), {
      details: `remote path ${target} is a directory; when using a text asset, remotePath must be a file path`,
    });
    const { failures } = await plugin.check(copyUrn, {
      connection,
      source: { [signatureKey]: archiveSignature, assets: {} },
      remotePath: "/x",
    });
    assert.deepEqual(failures, [
      { property: "archive", reason: "archive must be a path to a file or directory" },
    ]);
  });
});
