import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { noLab } from "../scripts/node";
import { LabStack } from "../helpers/lab";
import { Project } from "../helpers/project";

const version = "580.76.05";
const bus = { name: "vmbr0", address: "10.0.0.13/24", gateway: "10.0.0.1", dns_nameservers: "10.0.0.1" };
const host = {
  timezone: "Etc/UTC",
  initial_setup: { upgrade: "never", ufw: false },
  network: { interfaces: bus, default_subnet: "10.0.0.0/24" },
  zfs: { pools: [], datasets: [] },
  nvidia_driver: {
    ...{ install: true, version, dkms: false },
    runfile_url: `https://us.download.nvidia.com/XFree86/Linux-x86_64/${version}/NVIDIA-Linux-x86_64-${version}.run`,
  },
  vms: [
    {
      ...{ name: "gamer", vmid: 9000, template: "ubuntu-24.04", agent: false },
      ...{ cores: 4, memory_mb: 8192, disk_size_gb: 20, storage_pool: "local-lvm", network_bridge: "vmbr0" },
      passthrough: [{ mapping: "gpu1", address: "0000:02:00", gpu: "1", primary_gpu: true }],
    },
  ],
};
const lxc = {
  lxc_configs: {
    "901": {
      ...{ name: "llm", memory_mb: 1024, cores: 1, storage_pool: "local-lvm", storage_size_gb: 10 },
      network_config: { name: "eth0", bridge: "vmbr0", ip: "10.0.0.201/24", gw: "10.0.0.1" },
      template: "local:vztmpl/ubuntu-24.04-standard_24.04-2_amd64.tar.zst",
      ...{ unprivileged: true, gpu_assignment: "0" },
    },
  },
};

// Each test starts from where the one before it ended.
describe("a GPU of a machine beside one of a container", { skip: noLab }, () => {
  let stack: LabStack;
  const sh = (command: string) => stack.host("bash", "-c", command);
  const drivers = () =>
    sh(
      "for f in /sys/bus/pci/devices/0000:0[12]:00.*; do d=$(readlink $f/driver); echo ${f##*/} ${d##*/}; done",
    );
  before(async () => {
    const project = new Project();
    stack = new LabStack(project, "gpus");
    const place = (file: string) => project.path("estate", file);
    mkdirSync(place(""), { recursive: true });
    writeFileSync(place("host.json"), JSON.stringify(host));
    writeFileSync(place("lxc.json"), JSON.stringify(lxc));
    await stack.done("init", "--hypervisor-config", place("host.json"), "--lxc-configs", place("lxc.json"));
  });
  after(() => stack.stop());

  test("come about in one up: the machine runs with one, the container with the other", async () => {
    await stack.done("up", "--yes");
    assert.equal(
      await drivers(),
      "0000:01:00.0 nvidia\n0000:01:00.1 snd_hda_intel\n0000:02:00.0 vfio-pci\n0000:02:00.1 vfio-pci\n",
    );
    assert.equal(await sh("qm status 9000; pct status 901"), "status: running\nstatus: running\n");
    assert.match(await sh("qm config 9000"), /^hostpci0: mapping=gpu1,pcie=1,x-vga=1$/m);
    assert.match(await sh("pct config 901"), /^dev\d: \/dev\/nvidia0,/m);
    assert.equal(
      await sh("nvidia-smi --query-gpu=index,pci.bus_id --format=csv,noheader"),
      "0, 00000000:01:00.0\n",
    );
    assert.equal(
      await sh("cd /etc/driverctl.d && grep . *"),
      "pci-0000:02:00.0:vfio-pci\npci-0000:02:00.1:vfio-pci\n",
    );
  });

  test("once more the node is only looked at", async () => {
    await stack.resetStats();
    await stack.done("up", "--yes", "--expect-no-changes");
    assert.equal((await stack.stats()).sshConnections, 1);
  });

  test("destroy gives the machine's card back to the host", async () => {
    await stack.done("destroy", "--yes");
    assert.equal(await sh("qm list; pvesh get /cluster/mapping/pci --output-format json"), "[]\n");
    assert.equal(await sh("ls -A /etc/driverctl.d; ls -A /var/lib/phoenix/vfio 2>/dev/null || true"), "");
    assert.equal(
      await sh("driverctl list-overrides 2>&1 || true"),
      "driverctl: No overridable devices found. Kernel too old?\n",
    );
    assert.doesNotMatch(await drivers(), /vfio-pci/);
  });
});
