import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { scriptOf } from "../helpers/scripts";
import { noLab, tag } from "./node";
import { type Answer, blacklist, driver, NvidiaNode } from "./nvidia-node";

const version = "580.76.05";
const config = driver({ version });
const devicesScript = scriptOf("vm", "devices");
const removeScript = scriptOf("vm", "devices-remove");
const lookScript = scriptOf("vm", "devices-look");
const [first, second] = ["0000:01:00", "0000:02:00"];

type Device = { mapping: string; address?: string };
const settings = (list: Device[], name = "web") => ({ name, tag, devices: list });
const gpu = { mapping: "gpu1", address: second };

// One after another on one node: each test starts from where the one before it ended.
describe("devices of the host for a virtual machine", { skip: noLab }, () => {
  let node!: NvidiaNode;
  before(async () => {
    node = await NvidiaNode.start(version);
    await node.put(blacklist, "blacklist nouveau\n");
    await node.restart();
    const { result, stderr } = await node.step("install", config);
    assert.ok(result?.did?.includes(`installed the NVIDIA driver ${version}`), stderr);
  });
  after(() => node.stop());

  const devices = (list: Device[], name?: string, around?: string[]) =>
    node.run(devicesScript, settings(list, name), around);
  const remove = (list: Device[], name?: string, around?: string[]) =>
    node.run(removeScript, settings(list, name), around);
  const did = ({ result, stderr }: Answer) => result?.did ?? stderr;
  /** Drivers of both cards' functions. */
  const drivers = async () =>
    (
      await node.sh(
        "for f in /sys/bus/pci/devices/0000:0[12]:00.*; do d=$(readlink $f/driver) || d=none; echo ${d##*/}; done",
      )
    )
      .trim()
      .split("\n")
      .join(" ");
  const overrides = () => node.sh("cd /etc/driverctl.d 2>/dev/null && grep -H . * || true");
  const notes = () => node.sh("cd /var/lib/phoenix && grep -r . vfio mappings 2>/dev/null | sort || true");
  /** Everything that a refused run must leave alone, looked at before it and after it; the difference is its last word. */
  const state =
    "state() { { readlink /sys/bus/pci/devices/*/driver; cat /sys/bus/pci/devices/*/driver_override; lsmod; dpkg-query -W; " +
    "grep -r . /etc/driverctl.d /etc/pve /var/lib/phoenix/vfio /var/lib/phoenix/mappings | sort; ls /dev; qm list; " +
    "nvidia-smi --query-gpu=pci.bus_id,persistence_mode --format=csv; } 2>/dev/null; }";
  const unchanged = [
    ...["bash", "-c"],
    `${state}; state >/tmp/before; "$@"; code=$?; state >/tmp/after; diff /tmp/before /tmp/after >&2; exit $code`,
    "unchanged",
  ];

  /** That it ends with one error of ours, its last line, and that the node is as it was. */
  async function refused(list: Device[], message: string | RegExp, run = devices): Promise<void> {
    const { code, stderr, result } = await run(list, undefined, unchanged);
    assert.equal(code, 1, stderr);
    assert.equal(result, undefined);
    const last = stderr.trimEnd().split("\n").at(-1)!;
    if (typeof message === "string") assert.equal(last, `phoenix: ${message}`, stderr);
    else assert.match(last, message);
  }

  const free = "nvidia snd_hda_intel nvidia snd_hda_intel";
  const bound = "nvidia snd_hda_intel vfio-pci vfio-pci";
  const nothing = "nothing was changed.";

  test("refused: no mapping and no address, an address that is not there", async () => {
    assert.equal(await drivers(), free);
    await refused(
      [{ mapping: "gpu0" }],
      `there is no PCI mapping gpu0 for node phoenix; ${nothing} Make it under Datacenter, Resource Mappings, or give its entry in passthrough an address`,
    );
    await refused(
      [{ mapping: "gpu0", address: "09:00.0" }],
      `VM web is to have the device 0000:09:00.0, which phoenix does not have; ${nothing} 'lspci -D' lists what there is`,
    );
  });

  test("refused: the IOMMU is off; the IOMMU group has other devices", async () => {
    await node.addFault("iommu");
    await refused(
      [gpu],
      `the device ${second}.0 of phoenix is in no IOMMU group, so it cannot be passed through; ${nothing} Switch on VT-d or AMD-Vi ` +
        "in the firmware (and intel_iommu=on on the kernel's command line of an Intel host), and restart",
    );
    await node.clearFaults();
    const remedy =
      `and a group is passed through as a whole: phoenix would lose what is in it; ${nothing} Put the card into ` +
      "another slot, switch on ACS in the firmware, or pass the others through too";
    await refused(
      [{ ...gpu, address: `${second}.0` }],
      `the device ${second}.0 of VM web is a function of a card that goes to a machine as a whole, with ${second}.1 (NVIDIA audio device, ` +
        `driver snd_hda_intel); ${nothing} Give the address without a function: ${second}`,
    );
    await node.addFault("group", `${second}.0`);
    await refused(
      [gpu],
      `the device ${second}.0 of VM web shares its IOMMU group 15 with 0000:00:14.0 (Raptor Lake USB 3.2 Gen 2x2 (20 Gb/s) XHCI Host Controller, ` +
        `driver xhci_hcd), ${remedy}`,
    );
    await node.clearFaults();
  });

  test("refused: a container has the GPU, or a program of the host", async () => {
    await node.sh("printf 'dev0: /dev/nvidia1,mode=0666\\nhostname: llm\\n' >/etc/pve/lxc/950.conf");
    await refused(
      [gpu],
      `the device ${second}.0 (gpu1) of VM web is the GPU of CT 950 'llm'; ${nothing} ` +
        "A GPU serves containers or one virtual machine: take it out of gpu_assignment, or out of passthrough",
    );
    await node.sh("rm /etc/pve/lxc/950.conf");
    const pid = await node.sh(
      "perl -e 'sysopen(F, \"/dev/nvidia1\", 010000000) or die; sleep 600' </dev/null >/dev/null 2>&1 & echo $!; sleep 0.3",
    );
    await refused(
      [gpu],
      `the device ${second}.0 (gpu1) of VM web is in use on phoenix by perl (${pid.trim()}); ${nothing} End these programs, then run again`,
    );
    await node.sh(`kill ${pid}`);
  });

  test("refused: driverctl was told otherwise, vfio-pci cannot be loaded, a package that is not there", async () => {
    await node.sh("mkdir /etc/driverctl.d; echo nouveau >/etc/driverctl.d/pci-0000:02:00.0");
    await refused(
      [gpu],
      `the device ${second}.0 (gpu1) of VM web is to have the driver nouveau on phoenix, as driverctl was told by somebody else; ` +
        `${nothing} Take that back: driverctl unset-override ${second}.0`,
    );
    await node.sh("rm -r /etc/driverctl.d");
    const rejected = "modprobe: ERROR: could not insert 'vfio_pci': Key was rejected by service";
    await node.addFault("command", "^modprobe vfio-pci", "--stderr", rejected);
    const kernel = (await node.sh("uname -r")).trim();
    await refused(
      [gpu],
      `the driver vfio-pci cannot be loaded on phoenix (${kernel}): ${rejected}; ${nothing} Boot a kernel of Proxmox VE's own ` +
        "('proxmox-boot-tool kernel list'); with Secure Boot its modules have to be signed",
    );
    await node.clearFaults();
    await node.sh("modprobe vfio-pci; mv /etc/apt/sources.list.d/debian.sources /srv; apt-get -q update");
    await refused(
      [gpu],
      /^phoenix: packages could not be installed: driverctl: .*Unable to locate package driverctl/,
    );
    await node.sh("mv /srv/debian.sources /etc/apt/sources.list.d; apt-get -q update");
    await node.sh("apt-get -q -y install driverctl");
  });

  test("refused: a driver that does not bind; what was bound before it goes back", async () => {
    const said = `driverctl: failed to bind device ${second}.1 to driver vfio-pci`;
    await node.addFault("command", `^driverctl set-override ${second}.1`, "--stderr", said, "--times", "0");
    const { stderr } = await devices([gpu], undefined, unchanged);
    assert.deepEqual(stderr.trimEnd().split("\n").slice(-3), [
      said,
      `gave ${second}.0 back to the host (driver nvidia)`,
      `phoenix: driverctl could not bind ${second}.1 to vfio-pci on phoenix; its message is above, and 'journalctl -k' has the kernel's. ` +
        "What was bound by this run is the host's again",
    ]);
    await node.clearFaults();
  });

  test("a driver that keeps a device: told after a while, and set aside for the next start", async () => {
    await node.addFault("command", `^driverctl set-override ${second}.0`, "--slow", "3");
    const { stderr } = await devices([gpu], undefined, ["env", "PHOENIX_VFIO_WAIT=1"]);
    assert.equal(
      stderr.trimEnd().split("\n").at(-1),
      `phoenix: the driver nvidia has not given ${second}.0 up within 1 s: something in the kernel still uses it. ` +
        "It goes to vfio-pci at the next start: restart phoenix, then run again",
    );
    assert.equal(await overrides(), `pci-${second}.0:vfio-pci\n`);
    await node.clearFaults();
    await node.until(async () => (await drivers()) === "nvidia snd_hda_intel vfio-pci snd_hda_intel");
    assert.deepEqual(did(await devices([gpu])), [
      `bound ${second}.1 to vfio-pci (was snd_hda_intel)`,
      `mapped ${second} as gpu1`,
    ]);
    await remove([gpu]);
    assert.deepEqual([await drivers(), await overrides(), await notes()], [free, "", ""]);
  });

  test("killed between two functions, and before the mapping is made: the next run does the rest", async () => {
    const kill = (command: string, when: string) =>
      node.sh(
        `printf '#!/bin/bash\\ncase "$*" in ${when}) kill -9 $(ps -o ppid= -p $PPID) $PPID; exit 1 ;; esac\\nexec /usr/%s/${command} "$@"\\n' ` +
          `$([ -e /usr/sbin/${command} ] && echo sbin || echo bin) >/usr/local/sbin/${command}; chmod 755 /usr/local/sbin/${command}`,
      );
    await kill("driverctl", `"set-override ${second}.1 "*`);
    assert.equal((await devices([gpu])).code, 255);
    assert.equal(await drivers(), "nvidia snd_hda_intel vfio-pci snd_hda_intel");
    assert.equal(await notes(), `vfio/${second}.0:gpu1\nvfio/${second}.1:gpu1\n`);
    await node.sh("rm /usr/local/sbin/driverctl");
    await kill("pvesh", '"create /cluster/mapping/pci "*');
    assert.equal((await devices([gpu])).code, 255);
    assert.equal(await drivers(), bound);
    await node.sh("rm /usr/local/sbin/pvesh");
    assert.deepEqual(did(await devices([gpu])), ["mapped 0000:02:00 as gpu1"]);
    assert.deepEqual(did(await devices([gpu])), []);
    assert.deepEqual(did(await remove([gpu])), [
      `gave ${second}.0 back to the host (driver nvidia)`,
      `gave ${second}.1 back to the host (driver snd_hda_intel)`,
      "removed the PCI mapping gpu1",
    ]);
    assert.equal(await notes(), "");
  });

  test("bound and mapped, once; NVIDIA's driver is still right for the other card", async () => {
    await node.sh("nvidia-smi -pm 1");
    assert.deepEqual(did(await devices([{ ...gpu, address: "02:00" }])), [
      `bound ${second}.0 to vfio-pci (was nvidia)`,
      `bound ${second}.1 to vfio-pci (was snd_hda_intel)`,
      "mapped 0000:02:00 as gpu1",
    ]);
    assert.equal(await drivers(), bound);
    assert.equal(await overrides(), `pci-${second}.0:vfio-pci\npci-${second}.1:vfio-pci\n`);
    assert.equal(
      await node.sh("cat /etc/pve/mapping/pci.cfg"),
      "gpu1\n\tmap id=10de:2d04,iommugroup=15,node=phoenix,path=0000:02:00,subsystem-id=1043:8a31\n",
    );
    assert.deepEqual(did(await devices([gpu])), []);
    assert.deepEqual(did(await devices([{ mapping: "gpu1" }])), []);
    assert.equal(
      await node.sh("nvidia-smi --query-gpu=pci.bus_id,persistence_mode --format=csv,noheader"),
      "00000000:01:00.0, Enabled\n",
    );
    for (const step of ["install", "active"] as const)
      assert.deepEqual((await node.step(step, config)).result, { changed: false, did: [] });
    assert.deepEqual(await node.deviations(config), {});
  });

  test("a restart of the host keeps it so", async () => {
    await node.restart();
    assert.equal(await drivers(), bound);
    assert.deepEqual(did(await devices([gpu])), []);
    assert.deepEqual(await node.deviations(config), {});
  });

  test("a look names what somebody took from it, and changes nothing", async () => {
    const look = async () => {
      const { result, stderr } = await node.run(lookScript, settings([gpu]), unchanged);
      return (result as unknown as { deviations: string[] } | undefined)?.deviations ?? stderr;
    };
    assert.deepEqual(await look(), []);
    await node.sh(
      `driverctl unset-override ${second}.1; cat /etc/pve/mapping/pci.cfg >/tmp/pci; : >/etc/pve/mapping/pci.cfg`,
    );
    assert.deepEqual(await look(), [
      `driver of ${second}.1 (gpu1): is snd_hda_intel, wanted vfio-pci`,
      `driver of ${second}.1 (gpu1) at every start: is not set, wanted vfio-pci`,
      `PCI mapping gpu1: is missing, wanted ${second}`,
    ]);
    assert.deepEqual(did(await devices([gpu])), [
      `bound ${second}.1 to vfio-pci (was snd_hda_intel)`,
      `mapped ${second} as gpu1`,
    ]);
    assert.deepEqual(await look(), []);
    await node.sh(`rm /etc/driverctl.d/pci-${second}.0`);
    assert.deepEqual(await look(), [
      `driver of ${second}.0 (gpu1) at every start: is not set, wanted vfio-pci`,
    ]);
    assert.deepEqual(did(await devices([gpu])), [`${second}.0 keeps vfio-pci at every start`]);
    assert.deepEqual(await look(), []);
  });

  test("refused: a mapping for another address, one that no longer fits the hardware", async () => {
    await refused(
      [{ mapping: "gpu1", address: first }],
      `the PCI mapping gpu1 stands for ${second} on phoenix and not for ${first}; ${nothing} Correct the address, or name another mapping`,
    );
    await node.sh("sed -i s/10de:2d04/10de:2b85/ /etc/pve/mapping/pci.cfg");
    await refused(
      [gpu],
      `the PCI mapping gpu1 was made for id 10de:2b85 at ${second}, where phoenix has 10de:2d04 now; ${nothing} ` +
        "Look whether it is still the device that is meant, and correct the mapping under Datacenter, Resource Mappings",
    );
    await node.sh("sed -i s/10de:2b85/10de:2d04/ /etc/pve/mapping/pci.cfg");
  });

  test("a machine that runs with it: the own one is left alone, another's is refused, also for removal", async () => {
    await node.sh(
      `qm create 100 --name web --tags ${tag} --memory 512 --hostpci0 mapping=gpu1 && qm start 100`,
    );
    assert.deepEqual(did(await devices([gpu])), []);
    assert.deepEqual(did(await remove([gpu])), []);
    await node.sh("qm set 100 --name foreign --tags theirs; qm set 100 --hostpci0 02:00");
    await refused(
      [gpu],
      `the device ${second}.0 (gpu1) of VM web is in use by VM 100 'foreign', which runs; ${nothing} ` +
        "Shut that machine down, or take the device out of its configuration, then run again",
    );
    await node.sh("qm stop 100 && qm start 100");
    await refused(
      [gpu],
      `the device ${second}.0 (gpu1) is in use by VM 100 'foreign'; ${nothing} Shut the machine down, then run again`,
      remove,
    );
    await node.sh("qm stop 100");
    assert.deepEqual(did(await devices([gpu])), []);
  });

  test("a device of two machines goes back with the second one's mapping", async () => {
    const other = { mapping: "card", address: second };
    assert.deepEqual(did(await devices([other], "other")), [`mapped ${second} as card`]);
    assert.deepEqual(did(await remove([gpu])), ["removed the PCI mapping gpu1"]);
    assert.equal(await drivers(), bound);
    const removed = await remove([other], "other");
    assert.deepEqual(did(removed), [
      `gave ${second}.0 back to the host (driver nvidia)`,
      `gave ${second}.1 back to the host (driver snd_hda_intel)`,
      "removed the PCI mapping card",
    ]);
    assert.match(
      removed.stderr,
      /\nfor containers, the device node of 0000:02:00\.0 is still to be made: 'systemctl restart phoenix-nvidia', or the next start\n/,
    );
    await node.sh("rm -f /dev/nvidia1; systemctl restart phoenix-nvidia && test -c /dev/nvidia1");
    assert.deepEqual([await drivers(), await overrides(), await notes()], [free, "", ""]);
    assert.deepEqual(did(await remove([gpu])), []);
  });

  test("somebody else's override is kept, and one that Proxmox VE has bound already is not taken away from it", async () => {
    const functions = [0, 1].map((part) => `${second}.${part}`);
    await node.sh("nvidia-smi -pm 0");
    for (const one of functions) await node.sh(`driverctl set-override ${one} vfio-pci`);
    assert.deepEqual(did(await devices([gpu])), ["mapped 0000:02:00 as gpu1"]);
    assert.deepEqual(did(await remove([gpu])), ["removed the PCI mapping gpu1"]);
    assert.equal(await drivers(), bound);
    for (const one of functions) await node.sh(`driverctl unset-override ${one}`);
    await node.sh(`qm set 100 --hostpci0 02:00 --name web --tags ${tag}; qm start 100`);
    assert.deepEqual(did(await devices([gpu])), [
      ...functions.map((one) => `${one} keeps vfio-pci at every start`),
      "mapped 0000:02:00 as gpu1",
    ]);
    assert.equal(
      await node.sh("driverctl list-overrides"),
      functions.map((one) => `${one} vfio-pci\n`).join(""),
    );
    assert.equal(await node.sh("qm status 100"), "status: running\n");
    assert.deepEqual(did(await devices([gpu])), []);
  });
});
