import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { runfileSha256 } from "../../lab/host/machine/commands/nvidia/runfile";
import { nvidiaNames } from "../../components/hypervisor/nvidia-driver/steps";
import { noLab } from "./node";
import { blacklist, driver, NvidiaNode, unit } from "./nvidia-node";

const version = "580.76.05";
const config = driver({
  version,
  runfileUrl: `https://us.download.nvidia.com/XFree86/Linux-x86_64/${version}/NVIDIA-Linux-x86_64-${version}.run`,
  sha256: runfileSha256(version),
});
/** The kernel that the node's repository offers as an upgrade: its headers come with the default ones. */
const next = "6.17.2-1-pve";
const started = "started phoenix-nvidia.service";

describe("NVIDIA's driver from nouveau to gone again", { skip: noLab }, () => {
  let node!: NvidiaNode;
  before(async () => {
    node = await NvidiaNode.start(version);
  });
  after(() => node.stop());

  const kernel = async () => (await node.sh("uname -r")).trim();
  const uvmMajor = async () =>
    (await node.sh("awk '$2 == \"nvidia-uvm\" { print $1 }' /proc/devices")).trim();
  const smi = () =>
    node.sh("nvidia-smi --query-gpu=index,name,uuid,driver_version,pci.bus_id --format=csv,noheader");

  it("without a card nothing is done, and the result says so", async () => {
    const cards = ["0000:01:00.0", "0000:02:00.0"];
    for (const pci of cards) await node.addFault("gpu", pci);
    const before = await node.state();
    for (const step of ["stop-guests", "install", "restart", "active"] as const) {
      const { code, result } = await node.step(step, config);
      assert.equal(code, 0);
      const note = "no NVIDIA card in this host: nothing was done";
      assert.deepEqual(result, { changed: false, did: [], note });
    }
    assert.equal(await node.state(), before);
    await node.clearFaults();
  });

  it("a new node has nouveau on its cards and no nvidia-smi", async () => {
    assert.match(await node.sh("lsmod"), /^nouveau /m);
    assert.equal((await node.exec(["bash", "-c", "command -v nvidia-smi"])).code, 1);
    const missing = `NVIDIA driver: is missing for kernel ${await kernel()}, wanted ${version}`;
    assert.deepEqual(await node.deviations(config), {
      "stop-guests": [missing],
      install: [
        missing,
        `${blacklist}: is missing, wanted as Phoenix wrote it`,
        "package nvtop: is missing, wanted installed",
        `${unit}: is missing, wanted as Phoenix wrote it`,
        "service phoenix-nvidia.service: is disabled, wanted enabled",
        "service phoenix-nvidia.service: is stopped, wanted running",
      ],
      restart: [missing],
      active: [
        missing,
        "service phoenix-nvidia.service: is disabled, wanted enabled",
        "service phoenix-nvidia.service: is stopped, wanted running",
      ],
      "start-guests": [missing],
    });
  });

  it("it is installed beside nouveau, once, and waits for a restart; a fetch that was cut off goes on", async () => {
    const part = `/var/cache/phoenix/NVIDIA-Linux-x86_64-${version}.run.part`;
    await node.sh(
      `mkdir -p /var/cache/phoenix; head -c 3000 /srv/NVIDIA-Linux-x86_64-${version}.run >${part}`,
    );
    await node.converge("install", config, [
      `fetched the NVIDIA installer ${version}`,
      `installed proxmox-headers-${await kernel()} build-essential pkg-config dkms proxmox-default-headers`,
      `nouveau is kept from loading (${blacklist})`,
      `installed the NVIDIA driver ${version}`,
      `built the NVIDIA driver ${version} for kernel ${next}`,
      "installed nvtop",
      `wrote ${unit}`,
    ]);
    assert.equal(
      await node.sh("dkms status"),
      `nvidia/${version}, ${await kernel()}, x86_64: installed\nnvidia/${version}, ${next}, x86_64: installed\n`,
    );
    assert.match(await node.sh("nvidia-smi || true"), /couldn't communicate with the NVIDIA driver/);
  });

  it("the restart that is not allowed is told, and so is one that has not come", async () => {
    await node.refused(
      "restart",
      driver({ reboot: false }),
      `the NVIDIA driver ${version} is installed and takes effect when phoenix restarts (nouveau is still loaded); ` +
        "nvidia_driver.reboot is false, so restart it yourself ('systemctl reboot'), then run again",
    );
    await node.refused(
      "active",
      config,
      `phoenix has not restarted, and the NVIDIA driver ${version} needs it: nouveau is still loaded. ` +
        "Restart it yourself ('systemctl reboot'), then run again",
    );
  });

  it("the restart ends its command first, the host comes back, and both cards work", async () => {
    const boot = await node.sh("cat /proc/sys/kernel/random/boot_id");
    const answer = await node.step("restart", config);
    assert.deepEqual(answer.result, { changed: true, did: ["restarting phoenix"] }, answer.stderr);
    // Nobody can log in between the command's end and the host's.
    assert.equal(await node.sh("systemctl is-active ssh || true"), "inactive\n");
    await node.until(async () => (await node.sh("cat /proc/sys/kernel/random/boot_id")) !== boot);
    await node.until(async () => (await node.sh("systemctl is-active ssh || true")) === "active\n");
    const active = await node.step("active", config);
    assert.deepEqual(active.result, { changed: false, did: [] }, active.stderr);
    assert.match(active.stderr, new RegExp(`^\\| NVIDIA-SMI ${version} .*\n`, "m"));
    await node.converge("active", config, []);
    await node.converge("restart", config, []);
    await node.converge("install", config, []);
    await node.converge("stop-guests", config, []);
    await node.converge("start-guests", config, []);
    assert.deepEqual(await node.deviations(config), {});
    assert.equal(
      await smi(),
      `0, NVIDIA GeForce RTX 5060 Ti, GPU-5ad41b1c-7e0f-4f66-9c1a-2b6a0f6d8e11, ${version}, 00000000:01:00.0\n` +
        `1, NVIDIA GeForce RTX 5060 Ti, GPU-c8f0b2d7-31a9-4e52-8d44-96e7f0c3a522, ${version}, 00000000:02:00.0\n`,
    );
    assert.match(await node.sh("cat /proc/driver/nvidia/version"), new RegExp(` ${version} `));
  });

  it("each boot makes the device nodes anew, whatever number unified memory gets", async () => {
    const major = () => node.sh("awk '$2 == \"nvidia-uvm\" { print $1 }' /proc/devices");
    const before = await major();
    await node.restart();
    assert.notEqual(await major(), before);
    assert.equal(await node.sh("printf '%d\\n' 0x$(stat -c %t /dev/nvidia-uvm)"), await major());
    assert.equal(
      await node.sh("ls /dev/nvidia*"),
      "/dev/nvidia-uvm\n/dev/nvidia-uvm-tools\n/dev/nvidia0\n/dev/nvidia1\n/dev/nvidiactl\n\n/dev/nvidia-caps:\nnvidia-cap1\nnvidia-cap2\n",
    );
    assert.equal(
      await node.sh("nvidia-smi --query-gpu=persistence_mode --format=csv,noheader"),
      "Enabled\nEnabled\n",
    );
    assert.deepEqual(await node.deviations(config), {});
  });

  const stopped = "service phoenix-nvidia.service: is stopped, wanted running";
  const disabled = "service phoenix-nvidia.service: is disabled, wanted enabled";
  const handmade = "is edited by hand, wanted as Phoenix wrote it";
  const dkms = (release: string) =>
    `DKMS nvidia/${version} for kernel ${release}: is missing, wanted installed`;
  const broken: [what: string, command: string, install: string[], active: string[], did: string[]][] = [
    [
      "the blacklist was edited",
      `echo >${blacklist}`,
      [`${blacklist}: ${handmade}`],
      [],
      [`nouveau is kept from loading (${blacklist})`],
    ],
    ["the unit was edited", `echo '# mine' >>${unit}`, [`${unit}: ${handmade}`], [], [`wrote ${unit}`]],
    [
      "the unit was disabled and stopped",
      "systemctl disable --now phoenix-nvidia",
      [disabled, stopped],
      [disabled, stopped],
      ["enabled phoenix-nvidia.service", started],
    ],
    [
      "the driver was taken from DKMS",
      `rm -r /var/lib/dkms/nvidia`,
      [dkms("KERNEL"), dkms(next)],
      [],
      [`registered the driver ${version} with DKMS`, `built the NVIDIA driver ${version} for kernel ${next}`],
    ],
    [
      "nvtop was removed",
      "apt-get -q -y remove nvtop",
      ["package nvtop: is missing, wanted installed"],
      [],
      ["installed nvtop"],
    ],
    [
      "the device nodes were removed",
      "rm /dev/nvidia-uvm*; systemctl stop phoenix-nvidia",
      [stopped],
      ["/dev/nvidia-uvm number: is missing, wanted MAJOR", stopped],
      [started],
    ],
  ];
  for (const [what, command, install, active, did] of broken) {
    it(`${what}: seen, and only that is repaired`, async () => {
      await node.sh(command);
      const [release, major] = [await kernel(), await uvmMajor()];
      const found = await node.deviations(config);
      const texts = (lines: string[]) =>
        lines.map((line) => line.replace("KERNEL", release).replace("MAJOR", major));
      assert.deepEqual(found.install ?? [], texts(install));
      assert.deepEqual(found.active ?? [], texts(active));
      await node.converge("install", config, did);
      assert.deepEqual(await node.deviations(config), {});
    });
  }

  it("a device node with an old number is made anew", async () => {
    await node.sh("rm /dev/nvidia-uvm; mknod /dev/nvidia-uvm c 240 0");
    assert.deepEqual(await node.deviations(config), {
      active: [`/dev/nvidia-uvm number: is 240, wanted ${await uvmMajor()}`],
    });
    await node.converge("active", config, ["restarted phoenix-nvidia.service"]);
    assert.deepEqual(await node.deviations(config), {});
  });

  it("modules that somebody took out are seen without loading them, and loaded again", async () => {
    await node.sh("rmmod nvidia_uvm nvidia_drm nvidia_modeset nvidia");
    assert.deepEqual(await node.deviations(config), {
      active: [`NVIDIA module: is not loaded, wanted ${version}`],
    });
    await node.converge("install", config, []);
    await node.converge("active", config, ["restarted phoenix-nvidia.service"]);
    assert.deepEqual(await node.deviations(config), {});
  });

  it("a new kernel has the driver, because DKMS has built it", async () => {
    await node.sh("apt-get -q -y dist-upgrade");
    await node.restart();
    assert.equal(await kernel(), next);
    assert.deepEqual(await node.deviations(config), {});
    await node.converge("install", config, []);
    await node.converge("active", config, []);
  });

  it("a kernel without the driver is seen by each step that has to run then", async () => {
    await node.sh(`dkms remove nvidia/${version} -k ${next}`);
    await node.restart();
    const missing = `NVIDIA driver: is missing for kernel ${next}, wanted ${version}`;
    const { active = [], install = [], ...others } = await node.deviations(config);
    assert.deepEqual(others, { "stop-guests": [missing], restart: [missing], "start-guests": [missing] });
    assert.deepEqual(active, [missing, stopped]);
    assert.deepEqual(install, [missing, dkms(next), stopped]);
    for (const step of nvidiaNames) {
      const { code, stderr } = await node.step(step, config);
      assert.equal(code, 0, stderr);
      if (step === "restart" && stderr.includes("restarting")) await node.restart();
    }
    assert.deepEqual(await node.deviations(config), {});
  });

  it("it goes with its files, its packages stay, and no restart is forced", async () => {
    const boot = await node.sh("cat /proc/sys/kernel/random/boot_id");
    const { code, result, stderr } = await node.remove(config);
    assert.equal(code, 0, stderr);
    assert.deepEqual(result?.did, [
      "stopped phoenix-nvidia.service",
      "disabled phoenix-nvidia.service",
      `removed ${unit}`,
      `uninstalled the NVIDIA driver ${version}`,
      `${blacklist} is as it was before; nouveau may have the cards at the next start`,
    ]);
    assert.equal(
      await node.sh("dkms status; ls /var/cache/phoenix /var/lib/phoenix/nvidia 2>/dev/null || true"),
      "",
    );
    assert.equal((await node.exec(["bash", "-c", "command -v nvidia-smi"])).code, 1);
    assert.equal(await node.sh("cat /proc/sys/kernel/random/boot_id"), boot);
    assert.deepEqual((await node.remove(config)).result, { changed: false, did: [] });
    await node.restart();
    assert.match(await node.sh("lsmod"), /^nouveau /m);
  });
});
