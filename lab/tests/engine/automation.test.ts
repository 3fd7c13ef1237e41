import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { test } from "node:test";
import { local } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { LocalWorkspace, type EngineEvent } from "@pulumi/pulumi/automation";
import { launcher, TestProject } from "./project";

test("the Automation API drives the engine with an inline program", async (t) => {
  const home = mkdtempSync(join(tmpdir(), "engine-automation-"));
  t.after(() => rmSync(home, { recursive: true, force: true }));
  // The SDK looks for `pulumi` on PATH.
  const path = process.env["PATH"];
  process.env["PATH"] = `${dirname(launcher)}${delimiter}${path}`;
  t.after(() => (process.env["PATH"] = path));

  let text = "one";
  const program = async (): Promise<Record<string, unknown>> => {
    const password = new pulumi.Config().requireSecret("password");
    const a = new local.Command("a", { create: `echo ${text}`, delete: "true" });
    new local.Command("b", { create: "cat", stdin: password, logging: "none" }, { dependsOn: a });
    return { said: a.stdout, password };
  };
  const stack = await LocalWorkspace.createOrSelectStack(
    { projectName: "inline", stackName: "dev", program },
    {
      pulumiHome: home,
      projectSettings: { name: "inline", runtime: "nodejs", backend: { url: `file://${home}` } },
      envVars: { PULUMI_CONFIG_PASSPHRASE: "test", PULUMI_BACKEND_URL: `file://${home}` },
    },
  );
  await stack.setConfig("password", { value: "hunter2", secret: true });
  await stack.setAllConfig({ plain: { value: "p" }, hidden: { value: "h", secret: true } });
  assert.deepEqual(await stack.getConfig("password"), { value: "hunter2", secret: true });
  assert.deepEqual((await stack.getAllConfig())["inline:hidden"], { value: "h", secret: true });

  const seen: EngineEvent[] = [];
  const planned = await stack.preview({ onEvent: (event) => seen.push(event) });
  assert.deepEqual(planned.changeSummary, { create: 3 });
  assert.equal(
    seen.some((e) => e.summaryEvent !== undefined),
    true,
  );

  const made = await stack.up({ message: "first", parallel: 4, continueOnError: true });
  assert.equal(made.summary.result, "succeeded");
  assert.equal(made.summary.message, "first");
  assert.deepEqual(made.summary.resourceChanges, { create: 3 });
  assert.deepEqual(made.outputs["said"], { value: "one", secret: false });
  assert.deepEqual(made.outputs["password"], { value: "hunter2", secret: true });

  text = "two";
  const updated = await stack.up();
  assert.deepEqual(updated.summary.resourceChanges, { same: 2, update: 1 });
  const refreshed = await stack.refresh();
  assert.equal(refreshed.summary.result, "succeeded");
  await stack.up({ expectNoChanges: true, target: ["**::a"] });

  const exported = await stack.exportStack();
  await stack.importStack(exported);
  assert.deepEqual((await stack.outputs())["said"], { value: "two", secret: false });
  assert.equal((await stack.history()).length, 4);
  assert.equal((await stack.info())?.kind, "update");
  assert.equal((await stack.workspace.listStacks())[0]?.name, "dev");
  assert.equal((await stack.workspace.whoAmI()).url, `file://${home}`);

  const gone = await stack.destroy();
  assert.deepEqual(gone.summary.resourceChanges, { delete: 3 });
  await stack.cancel();
  await stack.workspace.removeStack("dev");
  assert.deepEqual(await stack.workspace.listStacks(), []);
});

test("the Automation API drives the engine with a program in a folder", async (t) => {
  const project = new TestProject(
    t,
    'const a = new local.Command("a", { create: `echo ${config.require("text")}` });\nexports.said = a.stdout;',
  );
  const { PULUMI_BACKEND_URL, PULUMI_CONFIG_PASSPHRASE, PULUMI_HOME = "" } = project.environment;
  const path = process.env["PATH"];
  process.env["PATH"] = `${dirname(launcher)}${delimiter}${path}`;
  t.after(() => (process.env["PATH"] = path));
  const stack = await LocalWorkspace.createOrSelectStack(
    { stackName: "dev", workDir: project.folder },
    {
      pulumiHome: PULUMI_HOME,
      envVars: {
        PULUMI_BACKEND_URL: PULUMI_BACKEND_URL ?? "",
        PULUMI_CONFIG_PASSPHRASE: PULUMI_CONFIG_PASSPHRASE ?? "",
      },
    },
  );
  await stack.setConfig("text", { value: "one" });
  assert.deepEqual((await stack.preview()).changeSummary, { create: 2 });
  const made = await stack.up();
  assert.deepEqual([made.outputs["said"]?.value, made.summary.resourceChanges], ["one", { create: 2 }]);
  await stack.setConfig("text", { value: "two" });
  assert.deepEqual((await stack.up()).summary.resourceChanges, { same: 1, update: 1 });
  assert.equal((await stack.refresh()).summary.result, "succeeded");
  await stack.setTag("area", "lab");
  assert.equal(await stack.getTag("area"), "lab");
  assert.deepEqual(await stack.listTags(), { area: "lab" });
  await stack.removeTag("area");
  assert.deepEqual(await stack.listTags(), {});
  assert.deepEqual((await stack.destroy()).summary.resourceChanges, { delete: 2 });
  await stack.workspace.removeStack("dev");
  assert.deepEqual(await stack.workspace.listStacks(), []);
});
