import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { LabStack } from "../helpers/lab";
import { Project } from "../helpers/project";
import { latestLog, stepsOf } from "../helpers/steps";
import { noLab } from "../scripts/node";

// Behind a real engine: each step has a connection of its own, which is what confirms the change before it.
describe("a stack with the datacenter's firewall", { skip: noLab }, () => {
  let stack: LabStack;
  let hypervisorFile: string;
  const file = "/etc/pve/firewall/cluster.fw";
  const rule = { type: "in", action: "ACCEPT", proto: "tcp", port: "3000" };
  const write = (rules: object[]) => {
    const dev = JSON.parse(
      readFileSync(stack.project.path("environments", "dev", "phoenix_hypervisor_config.json"), "utf8"),
    ) as Record<string, unknown>;
    const { timezone, network } = dev;
    const initial_setup = { ufw: false, upgrade: "never", nodesource: false };
    const firewall = {
      enabled: true,
      default_input_policy: "DROP",
      default_output_policy: "ACCEPT",
      rules,
    };
    const text = { timezone, network, initial_setup, firewall, zfs: { pools: [], datasets: [] } };
    writeFileSync(hypervisorFile, JSON.stringify(text));
  };

  before(async () => {
    const project = new Project();
    stack = new LabStack(project, "fire");
    mkdirSync(project.path("fire"));
    hypervisorFile = project.path("fire", "phoenix_hypervisor_config.json");
    const lxcFile = project.path("fire", "phoenix_lxc_configs.json");
    write([rule]);
    writeFileSync(lxcFile, JSON.stringify({ lxc_configs: {} }));
    await stack.done("init", "--hypervisor-config", hypervisorFile, "--lxc-configs", lxcFile);
  });
  after(() => stack.stop());

  test("up switches it on and confirms it, a second up is silent, a changed rule runs these two steps", async () => {
    await stack.done("up", "--yes");
    assert.equal(await stack.host("pve-firewall", "status"), "Status: enabled/running\n");
    assert.match(await stack.host("cat", file), /^enable: 1$/m);
    await stack.done("up", "--yes");
    assert.deepEqual([...stepsOf(latestLog(stack.project, "fire", "up")).keys()], []);
    write([{ ...rule, port: "3001" }]);
    await stack.done("up", "--yes");
    assert.deepEqual([...stepsOf(latestLog(stack.project, "fire", "up")).keys()].sort(), [
      "host-datacenter-firewall",
      "host-datacenter-firewall-confirm",
    ]);
    assert.match(await stack.host("cat", file), /^IN ACCEPT -p tcp -dport 3001 # phoenix$/m);
  });

  test("destroy leaves no firewall where there was none", async () => {
    await stack.done("destroy", "--yes");
    assert.equal(await stack.host("pve-firewall", "status"), "Status: disabled/running\n");
    assert.equal(await stack.host("find", "/etc/pve/firewall", "-type", "f"), "");
  });
});
