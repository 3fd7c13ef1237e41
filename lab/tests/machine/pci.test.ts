/** The host's PCI bus: drivers, IOMMU groups, driverctl, and what a start of a virtual machine does to them. */
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, before, describe, test } from "node:test";
import * as control from "../../host/control";
import { labForTests } from "./labUnderTest";
import { onHost } from "./onHost";

const version = "580.76.05";

// Each test starts from where the one before it ended.
describe("the PCI bus", () => {
  const lab = labForTests();
  const run = (command: string) => onHost(lab.dir, ["bash", "-c", command]);
  const ok = async (command: string) => {
    const { code, stdout, stderr } = await run(command);
    assert.equal(code, 0, `${command}\n${stdout}${stderr}`);
    return stdout;
  };
  const smi = (...words: string[]) => run(`lab-nvidia nvidia-smi ${words.join(" ")}`);
  /** Drivers of the first or the second card's functions. */
  const drivers = (bus: number) =>
    ok(
      `for f in /sys/bus/pci/devices/0000:0${bus}:00.*; do d=$(readlink $f/driver) || d=none; echo "\${d##*/}"; done | paste -sd ' ' -`,
    );

  before(async () => {
    await ok("rm /etc/apt/sources.list.d/*enterprise* /etc/apt/sources.list.d/ceph* && apt-get -q update");
  });
  afterEach(() => control.clearFaults(lab.dir));

  test("has each card with its audio function behind a port, all in one IOMMU group", async () => {
    assert.equal(
      await ok("lspci -nnD | grep -v 0000:02"),
      [
        "0000:00:01.0 PCI bridge [0604]: Intel Corporation Raptor Lake PCI Express 5.0 Graphics Port (PEG010) [8086:a70d] (rev 11)",
        "0000:00:02.0 PCI bridge [0604]: Intel Corporation Raptor Lake PCI Express 5.0 Graphics Port (PEG010) [8086:a70d] (rev 11)",
        "0000:00:14.0 USB controller [0c03]: Intel Corporation Raptor Lake USB 3.2 Gen 2x2 (20 Gb/s) XHCI Host Controller [8086:7a60] (rev 11)",
        "0000:01:00.0 VGA compatible controller [0300]: NVIDIA Corporation GeForce RTX 5060 Ti [10de:2d04] (rev a1)",
        "0000:01:00.1 Audio device [0403]: NVIDIA Corporation audio device [10de:22eb] (rev a1)",
        "",
      ].join("\n"),
    );
    const groups =
      "cd /sys/kernel/iommu_groups && for g in *; do echo $g $(cd $g/devices && ls -d */class | cut -d/ -f1); done";
    assert.equal(
      await ok(groups),
      "14 0000:00:01.0 0000:01:00.0 0000:01:00.1\n15 0000:00:02.0 0000:02:00.0 0000:02:00.1\n5 0000:00:14.0\n",
    );
    assert.equal(
      await ok(
        "cd -P /sys/bus/pci/devices/0000:02:00.1 && pwd && realpath iommu_group driver && cat class vendor driver_override",
      ),
      "/sys/devices/pci0000:00/0000:00:02.0/0000:02:00.1\n/sys/kernel/iommu_groups/15\n" +
        "/sys/bus/pci/drivers/snd_hda_intel\n0x040300\n0x10de\n(null)\n",
    );
    const list = "pvesh get /nodes/phoenix/hardware/pci --output-format json";
    const shown = JSON.parse(await ok(list)) as { id: string; iommugroup: number }[];
    assert.deepEqual(
      shown.map(({ id, iommugroup }) => `${id} ${iommugroup}`),
      ["0000:00:14.0 5", "0000:01:00.0 14", "0000:01:00.1 14", "0000:02:00.0 15", "0000:02:00.1 15"],
    );
  });

  test("takes no write that is not simulated", async () => {
    const { code, stderr } = await run("echo 0000:01:00.0 >/sys/bus/pci/drivers/nouveau/unbind");
    assert.equal(code, 1);
    assert.match(stderr, /No such file or directory/);
    assert.equal(await drivers(1), "nouveau snd_hda_intel\n");
  });

  test("driverctl comes with its package, sets an override and takes it back, in its own words", async () => {
    assert.equal((await run("command -v driverctl")).code, 1);
    await ok("apt-get -q -y install driverctl");
    const refused = async (words: string) => {
      const { code, stderr } = await run(`driverctl ${words}`);
      return `${code} ${stderr}`;
    };
    assert.equal(
      await refused("set-override 0000:09:00.0 vfio-pci"),
      "1 driverctl: no such device: 0000:09:00.0\n",
    );
    assert.equal(await refused("set-override 0000:02:00.0 nosuch"), "1 driverctl: no such module: nosuch\n");
    assert.equal(
      await refused("list-overrides graphics").then((text) => text.slice(0, 38)),
      "1 driverctl: device type must be one o",
    );
    assert.equal(await refused("load-override 0000:02:00.0"), "1 ");
    assert.equal((await run("driverctl set-override 0000:02:00.0")).code, 1);
    assert.equal(await drivers(2), "nouveau snd_hda_intel\n");

    await ok("for f in 0 1; do driverctl set-override 0000:02:00.$f vfio-pci; done");
    assert.equal(await drivers(2), "vfio-pci vfio-pci\n");
    assert.equal(await ok("driverctl list-overrides"), "0000:02:00.0 vfio-pci\n0000:02:00.1 vfio-pci\n");
    assert.equal(
      await ok("driverctl list-devices display"),
      "0000:01:00.0 nouveau\n0000:02:00.0 vfio-pci [*]\n",
    );
    assert.equal(await ok("cat /etc/driverctl.d/pci-0000:02:00.[01]"), "vfio-pci\nvfio-pci\n");

    await ok("for f in 0 1; do driverctl unset-override 0000:02:00.$f; done");
    assert.equal(await drivers(2), "nouveau snd_hda_intel\n");
    assert.equal(await ok("ls /etc/driverctl.d"), "");
  });

  test("an override that leaves a device without a driver is taken back by --noprobe only", async () => {
    await ok("driverctl set-override 0000:02:00.1 vfio-pci && modprobe -r snd_hda_intel");
    assert.equal(
      (await run("driverctl unset-override 0000:02:00.1")).stderr,
      "driverctl: failed to bind device 0000:02:00.1 to driver \n",
    );
    assert.equal(await ok("cat /etc/driverctl.d/pci-0000:02:00.1"), "vfio-pci\n");
    await ok("driverctl --noprobe unset-override 0000:02:00.1");
    assert.equal(await ok("ls /etc/driverctl.d"), "");
    assert.equal(await drivers(2), "nouveau none\n");
  });

  test("a start obeys the overrides before NVIDIA's driver counts its cards", async () => {
    await ok(
      `d=/usr/lib/modules/$(uname -r)/updates; mkdir -p $d /var/lib/nvidia; echo ${version} >/var/lib/nvidia/log
       printf 'name=nvidia\\nversion=${version}\\nvermagic=%s\\ndepends=\\n' $(uname -r) >$d/nvidia.ko
       echo 'blacklist nouveau' >/etc/modprobe.d/no.conf`,
    );
    await reboot();
    assert.equal(await drivers(2), "nvidia snd_hda_intel\n");
    const minors =
      "grep -H Minor /proc/driver/nvidia/gpus/*/information | sed 's/.*gpus.//; s/.information:Device Minor:[ \\t]*/ /'";
    assert.equal(await ok(minors), "0000:01:00.0 0\n0000:02:00.0 1\n");
    await ok("driverctl set-override 0000:01:00.0 vfio-pci");
    assert.equal(await ok(minors), "0000:02:00.0 1\n");
    assert.equal(
      (await smi("--query-gpu=index,pci.bus_id", "--format=csv,noheader")).stdout,
      "0, 00000000:02:00.0\n",
    );
    await reboot();
    assert.equal(await drivers(1), "vfio-pci snd_hda_intel\n");
    assert.equal(await ok(minors), "0000:02:00.0 0\n");
    await ok("driverctl unset-override 0000:01:00.0");
    assert.equal(await ok(minors), "0000:01:00.0 1\n0000:02:00.0 0\n");
  });

  test("NVIDIA's driver keeps a card for as long as something uses it", async () => {
    await smi("-pm", "1");
    const bind = ok("driverctl set-override 0000:02:00.0 vfio-pci");
    const done = bind.then(() => "done");
    assert.equal(await Promise.race([done, sleep(400, "waits")]), "waits");
    assert.equal(
      (await smi("-i", "0000:02:00.0", "-pm", "0")).stdout,
      "Disabled persistence mode for GPU 00000000:02:00.0.\nAll done.\n",
    );
    await bind;
    assert.equal(await drivers(2), "vfio-pci snd_hda_intel\n");
    await smi("-pm", "0");
    // A program that holds the card open.
    await ok(
      "(exec -a holder perl -e 'sysopen(F, \"/dev/nvidia1\", 010000000) or die; sleep 60') >/dev/null 2>&1 & sleep 0.2",
    );
    const other = ok("driverctl set-override 0000:01:00.0 vfio-pci");
    assert.equal(await Promise.race([other.then(() => "done"), sleep(400, "waits")]), "waits");
    await ok("kill $(pgrep -f '^holder')");
    await other;
    assert.match((await smi("-L")).stdout, /^No devices were found/);
    await ok("for n in 1 2; do driverctl unset-override 0000:0$n:00.0; done");
  });

  test("a machine's start binds the whole group to vfio-pci, and leaves it there", async () => {
    await ok("qm create 100 --memory 512 --machine q35 --hostpci0 0000:02:00,pcie=1 && qm start 100");
    assert.equal(await drivers(2), "vfio-pci vfio-pci\n");
    await ok("qm create 101 --memory 512 --hostpci0 0000:02:00.1");
    assert.equal(
      (await run("qm start 101")).stderr,
      "PCI device '0000:02:00.1' already in use by VMID '100'\n",
    );
    await ok("qm stop 100");
    assert.equal(await drivers(2), "vfio-pci vfio-pci\n");
    await control.addFault(lab.dir, { kind: "group", pci: "0000:02:00.0" });
    await ok("qm start 101");
    assert.equal(await ok("basename $(readlink /sys/bus/pci/devices/0000:00:14.0/driver)"), "vfio-pci\n");
    await ok("qm stop 101");
  });

  test("refuses as QEMU does what is not viable, and as Proxmox VE does without an IOMMU", async () => {
    await ok("qm set 101 --hostpci0 0000:01:00.0,driver=keep");
    assert.match(
      (await run("qm start 101 2>&1")).stdout,
      /vfio 0000:01:00\.0: group 14 is not viable\nPlease ensure all devices within the iommu_group are bound to their vfio bus driver\.\nstart failed: QEMU exited with code 1\n$/,
    );
    await control.addFault(lab.dir, { kind: "iommu" });
    assert.equal((await run("qm start 101")).stderr, "cannot prepare PCI pass-through, IOMMU not present\n");
    assert.equal(await ok("ls /sys/kernel/iommu_groups"), "");
    assert.equal(
      await ok(
        "pvesh get /nodes/phoenix/hardware/pci --output-format json | grep -o '\"iommugroup\":-1' | wc -l",
      ),
      "5\n",
    );
  });

  async function reboot(): Promise<void> {
    const boot = () => ok("cat /proc/sys/kernel/random/boot_id");
    const before = await boot();
    await control.addFault(lab.dir, { kind: "reboot", seconds: 0 });
    for (const end = Date.now() + 20_000; ;) {
      const now = await boot().catch(() => before);
      if (now !== before && (await run("systemctl is-active ssh")).stdout === "active\n") return;
      assert.ok(Date.now() < end, "the host did not come back");
      await sleep(100);
    }
  }
});
