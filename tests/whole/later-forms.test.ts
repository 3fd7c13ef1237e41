import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { LabStack } from "../helpers/lab";
import { Project } from "../helpers/project";
import { latestLog, stepsOf } from "../helpers/steps";
import { vmHost } from "../helpers/vm-host";
import { noLab } from "../scripts/node";

const rule = (port: string, comment: string) => ({
  type: "in",
  action: "ACCEPT",
  proto: "tcp",
  port,
  comment,
});

const host = {
  ...vmHost,
  domain_name: "lab.test",
  core_paths: { vm_config_file: "/usr/local/phoenix_hypervisor/etc/phoenix_vm_configs.json" },
  network: {
    ...vmHost.network,
    fallback_dns: "1.1.1.1",
    interfaces: { ...vmHost.network.interfaces, dns_nameservers: ["10.0.0.1", "9.9.9.9"] },
  },
  firewall: {
    ...{ enabled: true, default_input_policy: "DROP", default_output_policy: "ACCEPT" },
    global_firewall_rules: [
      rule("80,443", "Web"),
      { type: "in", action: "ACCEPT", proto: "icmp", comment: "Ping" },
    ],
  },
};

const machines = {
  vm_defaults: {
    cores: 2,
    memory_mb: 2048,
    storage_pool: "tank-guests",
    network_bridge: "vmbr0",
    agent: false,
  },
  vms: {
    "9001": {
      ...{ name: "gateway", template_image: "noble-server-cloudimg-amd64.img" },
      network_config: { ip: "10.0.0.60/24", gw: "10.0.0.1", nameserver: "10.0.0.13" },
      user_config: { username: "ops" },
      firewall: { enabled: true, rules: [rule("22", "SSH")] },
    },
  },
};

const containers = {
  lxc_configs: {
    "901": {
      ...{ name: "web", memory_mb: 512, cores: 1, storage_pool: "tank-guests", storage_size_gb: 10 },
      template: "tank-library:vztmpl/ubuntu-24.04-standard_24.04-2_amd64.tar.zst",
      network_config: {
        ...{ name: "eth0", bridge: "vmbr0", ip: "10.0.0.61/24", gw: "10.0.0.1" },
        ...{ hwaddr: "52:54:00:00:00:01", nameservers: "10.0.0.13 9.9.9.9" },
      },
      mount_points: [
        { host_path: "/tank/library/certs", container_path: "/srv/certs", owner_uid: 33, owner_gid: 33 },
      ],
      id_maps: [{ type: "gid", host_id: 2000, container_id: 2000, size: 1 }],
      firewall: { enabled: true, rules: [rule("443", "Web")] },
      dependencies: ["9001", "777"],
    },
  },
};

describe("a stack of later forms", { skip: noLab }, () => {
  let stack: LabStack;
  const on = (...command: string[]) => stack.host(...command);

  before(async () => {
    const project = new Project();
    stack = new LabStack(project, "later");
    mkdirSync(project.path("later"));
    const write = (name: string, document: object) => {
      const file = project.path("later", name);
      writeFileSync(file, JSON.stringify(document));
      return file;
    };
    write("phoenix_vm_configs.json", machines);
    await stack.done(
      ...["init", "--hypervisor-config", write("phoenix_hypervisor_config.json", host)],
      ...["--lxc-configs", write("phoenix_lxc_configs.json", containers)],
    );
  });
  after(() => stack.stop());

  test("each has its effect on the host and in the guests, and a second up is silent", async () => {
    await stack.done("up", "--yes");
    assert.match(
      await on("cat", "/etc/resolv.conf"),
      /nameserver 10\.0\.0\.1\nnameserver 9\.9\.9\.9\nnameserver 1\.1\.1\.1\n/,
    );
    const cluster = await on("cat", "/etc/pve/firewall/cluster.fw");
    assert.match(
      cluster,
      /^IN ACCEPT -p tcp -dport 80,443 # phoenix: Web\nIN ACCEPT -p icmp # phoenix: Ping$/m,
    );
    assert.equal(
      await on("cat", "/etc/pve/firewall/9001.fw"),
      "[OPTIONS]\n\nenable: 1\n\n[RULES]\n\nIN ACCEPT -p tcp -dport 22 # SSH\n",
    );
    assert.match(await on("cat", "/etc/pve/firewall/901.fw"), /^IN ACCEPT -p tcp -dport 443 # Web$/m);

    const machine = await on("qm", "config", "9001");
    for (const line of [
      ...["ciuser: ops", "ipconfig0: ip=10.0.0.60/24,gw=10.0.0.1", "nameserver: 10.0.0.13"],
      ...["searchdomain: lab.test", "name: gateway"],
    ])
      assert.ok(machine.split("\n").includes(line), `${line}\n${machine}`);
    assert.match(machine, /^net0: .*,firewall=1/m);
    assert.match(machine, /^scsi0: .*size=32G/m);

    const container = await on("pct", "config", "901");
    for (const line of [
      ...["unprivileged: 1", "nameserver: 10.0.0.13 9.9.9.9", "searchdomain: lab.test"],
      ...["mp0: /tank/library/certs,mp=/srv/certs", "lxc.idmap: g 2000 2000 1"],
    ])
      assert.ok(container.split("\n").includes(line), `${line}\n${container}`);
    assert.match(container, /^net0: .*hwaddr=52:54:00:00:00:01/m);
    assert.equal(await on("stat", "-c", "%u:%g", "/tank/library/certs"), "100033:100033\n");
    assert.match(
      await on("pct", "exec", "901", "--", "cat", "/etc/resolv.conf"),
      /search lab\.test\nnameserver 10\.0\.0\.13\nnameserver 9\.9\.9\.9\n/,
    );

    const steps = stepsOf(latestLog(stack.project, "later", "up"));
    assert.ok(
      steps.get("ct-901-claim")!.began > steps.get("vm-9001-start")!.ended!,
      "901 waits for its machine",
    );
    await stack.done("up", "--yes");
    assert.deepEqual([...stepsOf(latestLog(stack.project, "later", "up")).keys()], []);
  });
});
