/**
 * What NVIDIA's driver shows of itself: /proc/driver/nvidia, /proc/devices, /dev/nvidia*. /proc is the machine's
 * own, so a folder and a file of the lab lie over these two places.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Host } from "../../../types";
import { driverOf, nvidiaMinors } from "../../pci/binding";
import { boots } from "../../power/boots";
import { mknod } from "../../rootfs/nodes";
import { isLoaded, loadedVersion } from "./loaded";

const proc = (host: Host) => join(host.root, "run/phoenix-lab/proc");

/** Registered by number for all of NVIDIA's devices but those with a major number of their own. */
const nvidiaMajor = 195;

/** Dynamic major numbers, other ones after each boot, as on a machine whose drivers come up in another order. */
export function majors(host: Host): { caps: number; uvm: number } {
  const count = boots(host).length;
  return { caps: 236 + (count % 3), uvm: 511 - (count % 5) };
}

/** Lays the lab's files over /proc, where they are not there yet. */
export function mountProc(host: Host): void {
  if (existsSync(join(proc(host), "devices"))) return;
  mkdirSync(join(proc(host), "driver"), { recursive: true });
  writeFileSync(join(proc(host), "devices"), "");
  for (const name of ["driver", "devices"]) {
    const { status, stderr } = spawnSync(
      "mount",
      ["--bind", join(proc(host), name), join(host.root, "proc", name)],
      { encoding: "utf8" },
    );
    if (status !== 0) throw new Error(`/proc/${name}: ${stderr.trim()}`);
  }
}

/** Makes /proc and what guests see follow the modules that are loaded. */
export function showDriver(host: Host): void {
  const version = loadedVersion(host, "nvidia");
  const folder = join(proc(host), "driver/nvidia");
  writeFileSync(join(proc(host), "devices"), deviceTable(host));
  if (version === undefined) {
    rmSync(folder, { recursive: true, force: true });
    return;
  }
  const put = (path: string, text: string) => {
    mkdirSync(join(folder, path, ".."), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
  put(
    "version",
    `NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  ${version}  Release Build  (root@${host.node})\n` +
      "GCC version:  gcc version 14.2.0 (Debian 14.2.0-19)\n",
  );
  // A card that another driver has is not listed.
  rmSync(join(folder, "gpus"), { recursive: true, force: true });
  host.machine.gpus.forEach(({ pci, uuid, model }, index) => {
    if (driverOf(host, pci) !== "nvidia") return;
    put(
      `gpus/${pci}/information`,
      `Model: \t\t ${model}\nIRQ:   \t\t ${120 + index}\nGPU UUID: \t ${uuid}\nVideo BIOS: \t 98.06.1f.00.db\n` +
        `Bus Type: \t PCIe\nDMA Size: \t 52 bits\nDMA Mask: \t 0xfffffffffffff\nBus Location: \t ${pci}\n` +
        `Device Minor: \t ${nvidiaMinors(host)[pci]}\nGPU Firmware: \t ${version}\nGPU Excluded:\t No\n`,
    );
  });
  ["config", "monitor"].forEach((name, index) =>
    put(
      `capabilities/mig/${name}`,
      `DeviceFileMinor: ${index + 1}\nDeviceFileMode: 256\nDeviceFileModify: 1\n`,
    ),
  );
}

function deviceTable(host: Host): string {
  const [characters = "", blocks = ""] = readFileSync("/proc/devices", "utf8").split("\n\n");
  const own = characters.split("\n").filter((line) => !/ nvidia/.test(line));
  const { caps, uvm } = majors(host);
  const line = (major: number, name: string) => `${String(major).padStart(3)} ${name}`;
  if (isLoaded(host, "nvidia")) {
    own.push(line(nvidiaMajor, "nvidia"), line(nvidiaMajor, "nvidiactl"), line(caps, "nvidia-caps"));
  }
  if (isLoaded(host, "nvidia_modeset")) own.push(line(nvidiaMajor, "nvidia-modeset"));
  if (isLoaded(host, "nvidia_uvm")) own.push(line(uvm, "nvidia-uvm"));
  return `${own.join("\n")}\n\n${blocks}`;
}

function node(host: Host, name: string, major: number, minor: number, mode = "666"): void {
  const path = join(host.root, "dev", name);
  // One with another number is made anew, as by nvidia-modprobe.
  if (existsSync(path) && statSync(path).rdev === (major << 8) + minor) return;
  mkdirSync(join(path, ".."), { recursive: true });
  mknod(path, "c", major, minor);
  spawnSync("chmod", [mode, path]);
}

/** The control device (255), or a card's; a minor number without a card has no device. */
export function makeCardNode(host: Host, minor: number): void {
  node(host, minor === 255 ? "nvidiactl" : `nvidia${minor}`, nvidiaMajor, minor);
}

export function makeUvmNodes(host: Host): void {
  const { uvm } = majors(host);
  node(host, "nvidia-uvm", uvm, 0);
  node(host, "nvidia-uvm-tools", uvm, 1);
}

export function makeModesetNode(host: Host): void {
  node(host, "nvidia-modeset", nvidiaMajor, 254);
}

/** Devices of MIG, which nvidia-smi makes. */
export function makeCapsNodes(host: Host): void {
  const { caps } = majors(host);
  for (const minor of [1, 2])
    node(host, `nvidia-caps/nvidia-cap${minor}`, caps, minor, minor === 1 ? "400" : "444");
}

/** Nodes stay when a module goes on Linux too; here they go, so that none outlives its numbers. */
export function forgetDevices(host: Host): void {
  const dev = join(host.root, "dev");
  for (const name of readdirSync(dev).filter((entry) => entry.startsWith("nvidia"))) {
    rmSync(join(dev, name), { recursive: true });
  }
}
