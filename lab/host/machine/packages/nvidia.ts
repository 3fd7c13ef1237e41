/** Packages around NVIDIA's driver: kernel modules' tools, headers, compilers, DKMS, nvtop. */
import { mkdirSync, rmSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Host } from "../../types";
import { driverctl, loadOverrides } from "../commands/driverctl";
import { mountProc } from "../commands/nvidia/devices";
import { autoinstall, dkms } from "../commands/nvidia/dkms";
import { kmodCommands } from "../commands/nvidia/kmod";
import { loadAtBoot } from "../commands/nvidia/modules";
import { labNvidia } from "../commands/nvidia/tools";
import { installed } from "./installed";
import { kernelReleases } from "./kernels";
import type { Catalogue, Package } from "./types";

const pve: Package["from"] = ["pve-no-subscription", "pve-enterprise"];
const headers = (release: string) => `proxmox-headers-${release}`;

/** What /etc/kernel/header_postinst.d/dkms does: modules in DKMS's tree are built for the new headers' kernel. */
async function buildModules(host: Host, release: string): Promise<string> {
  if (installed(host, "dkms") === undefined) return "";
  const done = await autoinstall(host, release);
  if (!("code" in done)) return "";
  // A module that does not build does not fail the headers' installation.
  return `dkms: running auto installation service for kernel ${release}.\n${done.stdout ?? ""}${done.stderr ?? ""}`;
}

function headersOf(release: string): Package {
  const folder = `/usr/src/linux-headers-${release}`;
  const link = (host: Host) => join(host.root, "usr/lib/modules", release, "build");
  return {
    version: release.replace(/-pve$/, ""),
    from: pve,
    files: { [`${folder}/Makefile`]: `# Kernel ${release}\n` },
    afterInstall: async (host) => {
      mkdirSync(dirname(link(host)), { recursive: true });
      rmSync(link(host), { force: true });
      symlinkSync(folder, link(host));
      return buildModules(host, release);
    },
    afterRemove: (host) => rmSync(link(host), { force: true }),
  };
}

const releases = Object.values(kernelReleases).flatMap(({ first, upgrade }) => [first, upgrade]);

/** Debian's own packages of the driver: what a node may have left over from an earlier attempt. */
const distribution: Catalogue = {
  "nvidia-driver": { version: "550.163.01-2", depends: ["nvidia-kernel-dkms", "nvidia-smi"] },
  "nvidia-kernel-dkms": { version: "550.163.01-2", depends: ["dkms"] },
  "nvidia-smi": { version: "550.163.01-2" },
  "libnvidia-ml1": { version: "550.163.01-2" },
};

export const nvidia: Catalogue = {
  kmod: {
    version: "34.2-2",
    installed: true,
    essential: true,
    commands: { ...kmodCommands, "lab-nvidia": { run: labNvidia, folder: "/usr/sbin" } },
    units: {
      "systemd-udev-trigger": {
        description: "Coldplug All udev Devices",
        type: "oneshot",
        remains: true,
        execStart: "/usr/bin/udevadm trigger --type=all --action=add --prioritized-subsystem=module",
        started: async (host) => {
          mountProc(host);
          await loadAtBoot(host, () => loadOverrides(host));
        },
      },
    },
  },
  ...Object.fromEntries(releases.map((release) => [headers(release), headersOf(release)])),
  "proxmox-default-headers": {
    version: "2.0.0",
    upgrade: "2.0.1",
    from: pve,
    depends: [headers(kernelReleases[9].first)],
    upgradeDepends: [headers(kernelReleases[9].upgrade)],
  },
  driverctl: {
    version: "0.115-1",
    commands: { driverctl: { run: driverctl, folder: "/usr/sbin" } },
    files: {
      "/usr/lib/udev/rules.d/05-driverctl.rules":
        'ACTION=="add", TEST=="/etc/driverctl.d/$env{SUBSYSTEM}-$kernel", TAG+="systemd", ENV{SYSTEMD_WANTS}="driverctl@$env{SUBSYSTEM}-$kernel.service"\n',
    },
  },
  dkms: { version: "3.2.0-1", commands: { dkms: { run: dkms, folder: "/usr/sbin" } } },
  "build-essential": { version: "12.12", depends: ["gcc", "make", "libc6-dev"] },
  gcc: { version: "4:14.2.0-1", commands: { gcc: {}, cc: {} }, depends: ["binutils"] },
  binutils: { version: "2.44-3", commands: { ld: {} } },
  make: { version: "4.4.1-2", commands: { make: {} } },
  "libc6-dev": { version: "2.41-12" },
  "pkg-config": { version: "1.8.1-4", commands: { "pkg-config": {} } },
  nvtop: { version: "3.2.0-1", commands: { nvtop: {} } },
  ...distribution,
};
