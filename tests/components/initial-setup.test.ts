import assert from "node:assert/strict";
import { test } from "node:test";
import { planInitialSetup } from "../../components/hypervisor/initial-setup/plan";
import { initialSetupSteps } from "../../components/hypervisor/initial-setup/steps";
import { nodeSource } from "../../components/hypervisor/initial-setup/repositories/step";
import { hostSpec } from "../../config/host";
import { hypervisorSchema } from "../../config/hypervisor-schema";
import { hypervisor as hostSample } from "../config/samples";
import { followsReplacementOf, recordProgram, settingsOf, waitsFor } from "./recorder";
import { register } from "./register";

const setupOf = (initial_setup: Record<string, unknown> = {}, dns_nameservers = "8.8.8.8, 1.1.1.1") =>
  hostSpec(
    hypervisorSchema.parse({
      ...(hostSample() as object),
      timezone: "America/New_York",
      network: {
        interfaces: { name: "vmbr0", address: "10.0.0.13/24", gateway: "10.0.0.1", dns_nameservers },
      },
      initial_setup,
    }),
  ).setup;

const record = (initial_setup?: Record<string, unknown>) =>
  recordProgram(() => {
    const args = { setup: setupOf(initial_setup), sshPort: 2222 };
    register({ parts: [planInitialSetup("init", args, undefined, []).component] });
  });

const order = [
  ...["log-rotation", "repositories", "upgrade", "packages", "timezone", "chrony"],
  ...["bridge", "bridge-confirm", "hosts", "resolver", "firewall"],
];

test("a step a concern, each after the one before it, with what the file says", async () => {
  const program = await record();
  assert.deepEqual(program.names, ["init", ...order.map((concern) => `init-${concern}`)].sort());
  order.forEach((concern, place) => {
    const before = place === 0 ? [] : [`init-${order[place - 1]}`];
    assert.deepEqual(waitsFor(program.find(`init-${concern}`)), before, concern);
    // A change that is replaced is open again, and taken back unless it is confirmed.
    const follows = concern === "bridge-confirm" ? before : [];
    assert.deepEqual(followsReplacementOf(program.find(`init-${concern}`)), follows, concern);
  });
  const bridge = { address: "10.0.0.13/24", bridge: "vmbr0", gateway: "10.0.0.1" };
  const settings = {
    "log-rotation": {},
    repositories: {},
    upgrade: { upgrade: "once" },
    packages: { packages: ["chrony", "jq", "logrotate", "s-tui", "ufw"] },
    timezone: { timezone: "America/New_York" },
    chrony: {},
    bridge: { ...bridge, makes: ["bridge vmbr0"] },
    "bridge-confirm": bridge,
    hosts: { address: "10.0.0.13/24" },
    resolver: { nameservers: ["8.8.8.8", "1.1.1.1"] },
    firewall: {
      bridge: "vmbr0",
      makes: ["bridge vmbr0"],
      rules: ["allow 8006/tcp", "allow 2049/tcp", "allow 111/tcp"],
      sshPort: 2222,
    },
  };
  for (const [concern, wanted] of Object.entries(settings)) {
    assert.deepEqual(settingsOf(program.find(`init-${concern}`)), wanted, concern);
  }
});

test("what was made is taken away by destroy, and packages and the upgrade stay", async () => {
  const program = await record();
  const stays = ["upgrade", "packages", "chrony", "bridge-confirm"];
  for (const concern of order) {
    const { inputs } = program.find(`init-${concern}`);
    assert.equal(inputs.delete === undefined, stays.includes(concern), concern);
    assert.doesNotMatch(String(inputs.delete), /apt-get (-\S+ )*(remove|purge|autoremove)/, concern);
  }
});

test("hostname, NodeSource and ufw as the file asks for", async () => {
  const program = await record({ hostname: "gpu1", nodesource: true, ufw: false, upgrade: "2026-01-31" });
  assert.ok(!program.names.includes("init-firewall"));
  assert.deepEqual(settingsOf(program.find("init-hostname")), { hostname: "gpu1" });
  assert.deepEqual(waitsFor(program.find("init-hostname")), ["init-chrony"]);
  assert.deepEqual(waitsFor(program.find("init-bridge")), ["init-hostname"]);
  assert.deepEqual(settingsOf(program.find("init-repositories")), { nodeSource });
  assert.equal(nodeSource.fingerprint, "6F71F525282841EEDAF851B42F59B5F99B1BE0B4");
  assert.deepEqual(settingsOf(program.find("init-packages")), {
    packages: ["chrony", "jq", "logrotate", "nodejs", "s-tui"],
  });
  assert.deepEqual(settingsOf(program.find("init-upgrade")), { upgrade: "2026-01-31" });
});

test("the same settings in another spacing are no change", async () => {
  const [one, other] = [setupOf(), setupOf({}, "8.8.8.8   1.1.1.1")];
  const settings = (setup: typeof one) =>
    initialSetupSteps({ setup, sshPort: 22 }).map(([, step]) => step.settings);
  assert.deepEqual(settings(other), settings(one));
});

test("no script of the host's set-up reboots, and none spells a value of the file", async () => {
  const program = await record({ hostname: "gpu1" });
  for (const { name, inputs } of program.registered) {
    const text = `${String(inputs.create)}${String(inputs.delete)}`;
    assert.doesNotMatch(text, /\b(reboot|shutdown|poweroff)$/m, name);
    assert.doesNotMatch(text, /America\/New_York|10\.0\.0\.13|gpu1/, name);
  }
});
