import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { noLab } from "../scripts/node";
import { LabStack } from "../helpers/lab";
import { Project } from "../helpers/project";
import { latestLog, stepsOf } from "../helpers/steps";

// Proxmox VE's provider, and the lab's stand-in of it, would take a foreign container for their own and
// delete whatever stands under the id. One container made from a template is enough to fall into that.
describe("the provider's two ways to lose a container", { skip: noLab }, () => {
  let stack: LabStack;
  let lxcFile: string;

  before(async () => {
    const project = new Project();
    stack = new LabStack(project, "traps");
    mkdirSync(project.path("traps"));
    const read = (name: string) =>
      JSON.parse(readFileSync(project.path("environments", "dev", name), "utf8")) as Record<string, unknown>;
    const { timezone, network, zfs, proxmox_defaults } = read("phoenix_hypervisor_config.json");
    const hypervisor = {
      timezone,
      network,
      zfs,
      proxmox_defaults,
      initial_setup: { ufw: false, upgrade: "never" },
    };
    const lxc = read("phoenix_lxc_configs.json");
    lxc.lxc_configs = { "900": (lxc.lxc_configs as Record<string, unknown>)["900"] };
    const hypervisorFile = project.path("traps", "phoenix_hypervisor_config.json");
    lxcFile = project.path("traps", "phoenix_lxc_configs.json");
    writeFileSync(hypervisorFile, JSON.stringify(hypervisor));
    writeFileSync(lxcFile, JSON.stringify(lxc));
    await stack.done("init", "--hypervisor-config", hypervisorFile, "--lxc-configs", lxcFile);
    await stack.start();
  });
  after(() => stack.stop());

  const refusal =
    /CT 900 already exists on node 'phoenix' as 'precious' and is not of this stack \(it has no tag 'phoenix-traps'\)\. It was left untouched/;

  /** A container of somebody else's under CTID 900, with a file in it. */
  async function makeForeign(): Promise<string> {
    await stack.host("pveam", "download", "local", "debian-12-standard_12.12-1_amd64.tar.zst");
    const archive = "local:vztmpl/debian-12-standard_12.12-1_amd64.tar.zst";
    await stack.host("pct", "create", "900", archive, "--hostname", "precious", "--rootfs", "local-lvm:4");
    return stack.host("cat", "/etc/pve/lxc/900.conf");
  }

  test("a foreign container under the CTID: warned of in the preview, refused by up, left as it is", async () => {
    const conf = await makeForeign();
    const preview = await stack.phoenix("preview");
    assert.equal(preview.code, 0);
    assert.match(
      preview.stdout + preview.stderr,
      /CT 900 exists on node 'phoenix' as 'precious'.*'up' will refuse it/,
    );
    const { code, stdout, stderr } = await stack.phoenix("up", "--yes");
    assert.notEqual(code, 0);
    assert.match(stdout + stderr, refusal);
    assert.equal(await stack.host("cat", "/etc/pve/lxc/900.conf"), conf);
    assert.equal(stepsOf(latestLog(stack.project, "traps", "up")).get("ct-900-define"), undefined);
    await stack.host("pct", "destroy", "900");
  });

  test("one that took the place of ours since: neither refresh, up nor destroy touches it", async () => {
    await stack.done("up", "--yes");
    await stack.host("pct", "stop", "900");
    await stack.host("pct", "destroy", "900");
    const conf = await makeForeign();
    await stack.phoenix("refresh", "--yes");
    const up = await stack.phoenix("up", "--yes");
    assert.notEqual(up.code, 0);
    assert.match(up.stdout + up.stderr, refusal);
    const destroy = await stack.phoenix("destroy", "--yes");
    assert.notEqual(destroy.code, 0);
    assert.match(destroy.stdout + destroy.stderr, refusal);
    assert.equal(await stack.host("cat", "/etc/pve/lxc/900.conf"), conf);
    await stack.host("pct", "destroy", "900");
  });

  test("made anew where it is allowed: the new one is there, with all its steps", async () => {
    await stack.phoenix("refresh", "--yes");
    assert.doesNotMatch(await stack.done("up", "--yes"), /WARN/);
    await stack.host("pct", "exec", "900", "--", "touch", "/old");
    const document = JSON.parse(readFileSync(lxcFile, "utf8")) as {
      lxc_configs: Record<string, Record<string, unknown>>;
    };
    document.lxc_configs["900"]!.unprivileged = false;
    writeFileSync(lxcFile, JSON.stringify(document));
    const refused = await stack.phoenix("up", "--yes");
    assert.notEqual(refused.code, 0);
    assert.match(
      refused.stderr,
      /CT 900 would be deleted, with its root disk: Phoenix protects containers from that/,
    );
    assert.equal((await stack.guests())["900"], "running");

    const settings = stack.project.path("Pulumi.traps.yaml");
    writeFileSync(
      settings,
      readFileSync(settings, "utf8").replace("config:", "config:\n  phoenix:allowRecreate: [900]"),
    );
    const done = await stack.phoenix("up", "--yes");
    assert.equal(done.code, 0, done.stderr);
    // What is made privileged gets its features from the configure step alone: Proxmox VE's task ends with a warning.
    assert.match(
      done.stdout + done.stderr,
      /completed with warnings \(WARNINGS: 1\)[^]*WARN: Systemd 255 detected\. You may need to enable nesting\./,
    );
    assert.equal((await stack.guests())["900"], "running");
    assert.match(await stack.host("pct", "listsnapshot", "900"), /pre-configured/);
    assert.equal(
      await stack.host("pct", "exec", "900", "--", "sh", "-c", "ls /old 2>/dev/null || echo new"),
      "new\n",
    );
    const steps = [...stepsOf(latestLog(stack.project, "traps", "up")).keys()];
    assert.deepEqual(steps.filter((name) => name.startsWith("ct-")).sort(), [
      "ct-900-configure",
      "ct-900-define",
      "ct-900-feature-base_setup",
      // A privileged container has no map of ids to prove.
      "ct-900-idmap",
      "ct-900-mounts",
      "ct-900-snapshot",
      "ct-900-start",
    ]);
    await stack.done("up", "--yes", "--expect-no-changes");
  });
});
