import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { secret, unknown } from "../../plugins/shared/wire";
import { PluginProcess } from "./pluginProcess";

const urn = "urn:pulumi:dev::lab::command:local:Command::one";
const info = 1;

describe("the command plugin: local", () => {
  let plugin: PluginProcess;
  before(async () => {
    plugin = await PluginProcess.start("pulumi-resource-command");
    await plugin.configure();
  });
  after(() => plugin.stop());

  test("says which features it has and which version it is", async () => {
    assert.deepEqual(await plugin.configure(), {
      acceptsecrets: true,
      supportspreview: true,
      acceptresources: true,
      acceptoutputs: true,
      supportsAutonamingConfiguration: false,
    });
    const version = await plugin.call<Empty, PluginInfo>("getPluginInfo", new Empty());
    assert.equal(version.getVersion(), "1.2.1");
  });

  test("create runs the command with stdin and environment and trims one line end", async () => {
    const inputs = {
      create: 'cat; echo "$PHASE"; echo oops >&2; echo',
      stdin: "in ",
      environment: { PHASE: "early" },
    };
    const { inputs: checked, failures } = await plugin.check(urn, inputs);
    assert.deepEqual({ checked, failures }, { checked: inputs, failures: [] });
    const made = await plugin.create(urn, checked);
    assert.match(made.id, /^one[0-9a-f]{8}$/);
    assert.deepEqual(made.state, { ...inputs, stdout: "in early\n", stderr: "oops" });
  });

  test("a secret input stays one in the outputs; what the command prints is none", async () => {
    const inputs = { create: "cat", stdin: secret("correct horse") };
    const made = await plugin.create(urn, (await plugin.check(urn, inputs)).inputs);
    assert.deepEqual(made.state, {
      create: "cat",
      stdin: secret("correct horse"),
      stdout: "correct horse",
      stderr: "",
    });
  });

  test("a preview runs nothing and leaves the outputs unknown", async () => {
    const { state } = await plugin.create(urn, { create: "false" }, true);
    assert.deepEqual(state, { create: "false", stdout: unknown, stderr: unknown });
    const olds = { inputs: { create: "echo a" }, state: { create: "echo a", stdout: "a", stderr: "" } };
    const updated = await plugin.update(urn, "one1", olds, { create: "false" }, true);
    assert.deepEqual(updated, { create: "false", stdout: unknown, stderr: unknown });
  });

  test("update re-runs create when there is no update, and sees the previous output", async () => {
    const state = { create: "echo a", stdout: "a", stderr: "" };
    const again = await plugin.update(
      urn,
      "one1",
      { inputs: { create: "echo a" }, state },
      { create: "echo b" },
    );
    assert.deepEqual(again, { create: "echo b", stdout: "b", stderr: "" });
    const news = { create: "exit 1", update: 'echo "was $PULUMI_COMMAND_STDOUT"' };
    const updated = await plugin.update(urn, "one1", { inputs: { create: "echo a" }, state }, news);
    assert.deepEqual(updated, { ...news, stdout: "was a", stderr: "" });
    const hidden = { ...news, addPreviousOutputInEnv: false };
    assert.equal((await plugin.update(urn, "one1", { inputs: {}, state }, hidden))["stdout"], "was ");
  });

  test("delete runs the delete command of the state, else nothing", async () => {
    const file = join(mkdtempSync(join(tmpdir(), "command-")), "deleted");
    await plugin.delete(urn, "one1", { create: "false", stdout: "x", stderr: "" });
    await plugin.delete(urn, "one1", {
      delete: `echo "$PULUMI_COMMAND_STDOUT" > ${file}`,
      stdout: "was here",
      stderr: "",
    });
    assert.equal(readFileSync(file, "utf8"), "was here\n");
  });

  test("a failure quotes the command and both streams, in the real plugin's words", async () => {
    await assert.rejects(plugin.create(urn, { create: 'echo "a\tb"; echo c >&2; exit 3' }), {
      details: 'exit status 3: running "echo \\"a\\tb\\"; echo c >&2; exit 3":\na\tb\nc\n',
    });
    // Far more than one header of HTTP/2 carries.
    const long = `# ${'"some" words\n# '.repeat(5_000)}\necho the end >&2; exit 4`;
    await assert.rejects(plugin.create(urn, { create: long }), (error: { details: string }) => {
      assert.match(error.details, /^exit status 4: running "# \\"some/);
      assert.match(error.details, /\[… the middle is left out …\][\s\S]*the end\n$/);
      return true;
    });
    await assert.rejects(plugin.create(urn, { create: "true", dir: "/nowhere" }), {
      details: 'chdir /nowhere: no such file or directory: running "true":\n',
    });
    await assert.rejects(plugin.create(urn, { create: "x", interpreter: ["no-such-shell"] }), {
      details: 'exec: "no-such-shell": executable file not found in $PATH: running "x":\n',
    });
  });

  test("diff compares inputs by path; only a whole `triggers` replaces", async () => {
    const none = { diffs: [], replaces: [], stables: [], detailed: {} };
    const inputs = { create: "a", environment: { PHASE: "early" }, triggers: [1] };
    assert.deepEqual(await plugin.diff(urn, { inputs }, inputs), { changes: "DIFF_NONE", ...none });
    assert.deepEqual(
      await plugin.diff(urn, { inputs }, { create: "b", environment: { PHASE: "late" }, triggers: [2] }),
      {
        ...none,
        changes: "DIFF_SOME",
        diffs: ["create", "environment", "triggers"],
        detailed: { create: "UPDATE", "environment.PHASE": "UPDATE", "triggers[0]": "UPDATE" },
      },
    );
    assert.deepEqual(await plugin.diff(urn, { inputs }, { create: "a", environment: { PHASE: "early" } }), {
      ...none,
      changes: "DIFF_SOME",
      diffs: ["triggers"],
      replaces: ["triggers"],
      detailed: { triggers: "DELETE_REPLACE" },
    });
    const changedSecret = await plugin.diff(urn, { inputs: { stdin: secret("a") } }, { stdin: secret("b") });
    assert.deepEqual(changedSecret.detailed, { stdin: "UPDATE" });
  });

  test("check names what is missing, unknown or of the wrong type", async () => {
    const { failures } = await plugin.check(urn, { create: 5, creat: "x", environment: { A: 1 } });
    assert.deepEqual(failures, [
      {
        property: "create",
        reason: "Field 'create' on 'local.CommandInputs' must be a 'string'; got 'float64' instead",
      },
      {
        property: "environment",
        reason:
          "Field 'environment' on 'local.CommandInputs' must be a 'map[string]string'; got 'map[string]interface {}' instead",
      },
      { property: "creat", reason: "Unrecognized field 'creat' on 'local.CommandInputs'" },
    ]);
  });

  test("logging sends the chosen streams line by line, as passing status of the resource", async () => {
    const create = "echo out; echo err >&2";
    for (const [logging, lines] of [
      ["stdout", ["out"]],
      ["stderr", ["err"]],
      ["none", []],
    ] as const) {
      plugin.engine.log.length = 0;
      await plugin.create(urn, { create, logging });
      assert.deepEqual(
        plugin.engine.log,
        lines.map((message) => ({ severity: info, urn, message, ephemeral: true })),
      );
    }
    plugin.engine.log.length = 0;
    await plugin.create(urn, { create });
    assert.deepEqual(plugin.engine.log.map((line) => line.message).sort(), ["err", "out"]);
  });

  test("a logged line of 64 KiB is an error where the real plugin hangs", async () => {
    const create = "head -c 65536 /dev/zero | tr '\\0' x";
    await assert.rejects(plugin.create(urn, { create }), /the real command plugin hangs on it/);
    const { state } = await plugin.create(urn, { create, logging: "none" });
    assert.equal((state["stdout"] as string).length, 65536);
  });

  test("assetPaths return the chosen files; archivePaths are refused by name", async () => {
    const dir = mkdtempSync(join(tmpdir(), "command-"));
    writeFileSync(join(dir, "a.txt"), "hello");
    writeFileSync(join(dir, "b.log"), "");
    const { state } = await plugin.create(urn, { create: "true", dir, assetPaths: ["*", "!*.log"] });
    assert.deepEqual(state["assets"], {
      "a.txt": {
        "4dabf18193072939515e22adb298388d": "c44067f5952c0a294b673a41bacd8c17",
        hash: "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824",
        path: join(dir, "a.txt"),
      },
    });
    await assert.rejects(
      plugin.create(urn, { create: "true", archivePaths: ["*"] }),
      /archivePaths is not supported/,
    );
  });

  test("commands run side by side", async () => {
    const started = Date.now();
    await Promise.all(Array.from({ length: 8 }, () => plugin.create(urn, { create: "sleep 1" })));
    assert.ok(Date.now() - started < 3000, "eight sleeps of a second took more than three");
  });

  test("a command that outlives its timeout is killed, and so is all that runs at a cancel", async () => {
    await assert.rejects(plugin.create(urn, { create: "exec sleep 20" }, false, 1), {
      details: 'signal: killed: running "exec sleep 20":\n',
    });
    const other = await PluginProcess.start("pulumi-resource-command");
    await other.configure();
    const running = other.create(urn, { create: "exec sleep 20" });
    const rejected = assert.rejects(running, { details: 'signal: killed: running "exec sleep 20":\n' });
    await new Promise((resolve) => setTimeout(resolve, 200));
    await other.call<Empty, Empty>("cancel", new Empty());
    await rejected;
    await other.stop();
  });

  test("local.run runs once and returns its inputs and outputs; other functions are refused by name", async () => {
    const { result } = await plugin.invoke("command:local:run", { command: "echo hi" });
    assert.deepEqual(result, { command: "echo hi", stdout: "hi", stderr: "" });
    const { failures } = await plugin.invoke("command:local:run", {});
    assert.deepEqual(failures, [
      { property: "command", reason: "Missing required field 'command' on 'local.RunInputs'" },
    ]);
    await assert.rejects(plugin.invoke("command:local:walk", {}), {
      details: "Invoke 'command:local:walk' not found",
    });
    const other = "urn:pulumi:dev::lab::command:remote:CopyFile::x";
    await assert.rejects(plugin.check(other, {}), {
      details: "Resource 'command:remote:CopyFile' not found",
    });
  });
});
