import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { planNvidiaDriver } from "../../components/hypervisor/nvidia-driver/plan";
import { followsReplacementOf, recordProgram, settingsOf, waitsFor } from "./recorder";
import { register } from "./register";

const url = "https://downloads.example/580.76.05/NVIDIA-Linux-x86_64-580.76.05.run";
const driver = {
  version: "580.76.05",
  runfileUrl: url,
  dkms: true,
  reboot: true,
};

function record(over: Partial<typeof driver> & { sha256?: string } = {}) {
  return recordProgram(() => {
    const args = { driver: { ...driver, ...over }, tag: "phoenix-dev" };
    register({ parts: [planNvidiaDriver("nvidia", args, undefined, []).component] });
  });
}

describe("NVIDIA's driver: steps and what they read", () => {
  test("stop guests, install, restart, compare, start guests: each behind the one before", async () => {
    const program = await record();
    assert.deepEqual(program.names, [
      "nvidia",
      "nvidia-active",
      "nvidia-install",
      "nvidia-restart",
      "nvidia-start-guests",
      "nvidia-stop-guests",
    ]);
    const order = ["stop-guests", "install", "restart", "active", "start-guests"];
    assert.deepEqual(
      order.map((step) => waitsFor(program.find(`nvidia-${step}`))),
      [[], ["nvidia-stop-guests"], ["nvidia-install"], ["nvidia-restart"], ["nvidia-active"]],
    );
    assert.deepEqual(
      order.map((step) => followsReplacementOf(program.find(`nvidia-${step}`))),
      [[], [], ["nvidia-install"], ["nvidia-install"], []],
    );
  });

  test("the settings of each step", async () => {
    const program = await record({ sha256: "ab".repeat(32) });
    const settings = (step: string) => settingsOf(program.find(`nvidia-${step}`));
    assert.deepEqual(settings("stop-guests"), {
      tag: "phoenix-dev",
      version: "580.76.05",
      why: "running guests with GPUs stop while the driver changes",
    });
    assert.deepEqual(settings("install"), {
      dkms: true,
      makes: ["NVIDIA driver"],
      runfileUrl: url,
      sha256: "ab".repeat(32),
      version: "580.76.05",
    });
    assert.deepEqual(settings("restart"), {
      allowed: true,
      installed: "",
      version: "580.76.05",
      why: "this host restarts if the driver cannot take effect otherwise; all its guests restart with it",
    });
    assert.deepEqual(settings("active"), { installed: "", version: "580.76.05" });
    assert.deepEqual(settings("start-guests"), { stopped: "", version: "580.76.05" });
  });

  test("a forbidden restart and an installation without DKMS are inputs", async () => {
    const program = await record({ reboot: false, dkms: false });
    const restart = settingsOf(program.find("nvidia-restart")) as { allowed: boolean; why: string };
    assert.equal(restart.allowed, false);
    assert.equal(
      restart.why,
      "this host is not restarted; where the driver needs that, the step says so and fails",
    );
    assert.equal((settingsOf(program.find("nvidia-install")) as { dkms: boolean }).dkms, false);
  });

  test("only the step behind the restart dials until the host is back, and gives up after 20 minutes", async () => {
    const program = await record();
    const limits = program.registered
      .filter(({ inputs }) => inputs.connection !== undefined)
      .map(({ name, inputs }) => [
        name,
        (inputs.connection as { value: { dialErrorLimit: number } }).value.dialErrorLimit,
      ]);
    assert.deepEqual(limits.sort(), [
      ["nvidia-active", -1],
      ["nvidia-install", 30],
      ["nvidia-restart", 30],
      ["nvidia-start-guests", 30],
      ["nvidia-stop-guests", 30],
    ]);
    assert.deepEqual(program.find("nvidia-active").options.customTimeouts, { create: "20m", update: "20m" });
  });

  test("only the installation is taken back when it goes", async () => {
    const program = await record();
    const removes = program.registered.filter(({ inputs }) => inputs.delete !== undefined);
    assert.deepEqual(
      removes.map(({ name }) => name),
      ["nvidia-install"],
    );
    assert.doesNotMatch(String(removes[0]?.inputs.delete), /systemctl reboot/);
  });
});
