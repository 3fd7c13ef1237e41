import assert from "node:assert/strict";
import { test } from "node:test";
import * as pulumi from "@pulumi/pulumi";
import { planAdminUser } from "../../components/hypervisor/admin-user/plan";
import { Secret } from "../../plan/values";
import { recordProgram, type Registered, settingsOf } from "./recorder";
import { register } from "./register";

const hash = "$y$j9T$F5Jx5fExrKuPp53xLKQ..1$X3DX6M94c7o.9agCG9G317fhZg9SqC.5i5rd.RhAtQ7";
const user = { username: "phoenix_admin", passwordHash: "NOT_SET", sudo: true, sshPublicKey: "" };

/** The settings of the step, which the engine must keep as a secret. */
function secretSettings(step: Registered): Record<string, unknown> {
  const stdin = step.inputs.stdin as Record<string, string>;
  assert.equal(stdin[pulumi.runtime.specialSigKey], pulumi.runtime.specialSecretSig);
  return settingsOf(step);
}

const record = (passwordHash?: pulumi.Input<string>) =>
  recordProgram(() => {
    const own = passwordHash && { passwordHash: new Secret(passwordHash) };
    const { component, done } = planAdminUser("admin", { user, ...own }, undefined, []);
    register({ parts: [component] });
    return { done };
  });

test("one step makes the account and another run of it undoes it", async () => {
  const program = await record();
  assert.deepEqual(program.outputs, { done: ["admin-account"] });
  assert.deepEqual(program.names, ["admin", "admin-account"]);
  const step = program.find("admin-account");
  assert.deepEqual(secretSettings(step), {
    makes: ["user phoenix_admin"],
    passwordHash: "NOT_SET",
    sshPublicKey: "",
    sudo: true,
    username: "phoenix_admin",
  });
  assert.doesNotMatch(
    `${String(step.inputs.create)}${String(step.inputs.delete)}`,
    /userdel -\w*r|rm -rf \/home/,
  );
});

test("a stack's own hash goes before the file's, and only standard input carries it", async () => {
  const program = await record(pulumi.secret(hash));
  const step = program.find("admin-account");
  assert.equal(secretSettings(step).passwordHash, hash);
  const others = { ...step.inputs, stdin: undefined };
  assert.ok(!JSON.stringify(others).includes("X3DX6M94c7o"));
});
