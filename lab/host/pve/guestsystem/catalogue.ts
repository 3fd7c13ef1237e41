/** Packages that a container of Ubuntu or Debian can ask for: those of its template, and what the product's features install. */
import { rmSync, writeFileSync } from "node:fs";
import { labNvidia } from "../../machine/commands/nvidia/tools";
import { downloadCommands } from "../../machine/commands/download";
import { inRoot } from "../../machine/confined";
import type { Catalogue, Package } from "../../machine/packages/types";
import type { Command } from "../../types";
import { AGENT_MARK } from "./agentMark";
import { docker } from "./docker";
import { localeCommands } from "./locales";

const ubuntu = (version: string, more: Partial<Package> = {}): Package => ({
  version,
  // A guest of Debian takes the same ones from its own archive.
  from: ["ubuntu", "debian"],
  ...more,
});
const template = (version: string, more: Partial<Package> = {}): Package =>
  ubuntu(version, { installed: true, ...more });

/** A container may not mount NFS; a machine's own command takes this one's place. */
const onlyInMachine: Command = () => ({ code: 32, stderr: "mount.nfs: Operation not permitted\n" });

const release = "12.8.1-1";
const nvcc = `#!/bin/sh
printf '%s\\n' 'nvcc: NVIDIA (R) Cuda compiler driver' 'Copyright (c) 2005-2025 NVIDIA Corporation' \\
  'Built on Fri_Feb_21_20:23:50_PST_2025' 'Cuda compilation tools, release 12.8, V12.8.93' \\
  'Build cuda_12.8.r12.8/compiler.35583870_0'
`;

/** What the template has: versions are those of Ubuntu 24.04. */
const installed: Catalogue = {
  apt: template("2.7.14build2", { essential: true }),
  bash: template("5.2.21-2ubuntu4", { essential: true }),
  "ca-certificates": template("20240203"),
  coreutils: template("9.4-3ubuntu6", { essential: true }),
  cron: template("3.0pl1-184ubuntu2", {
    units: {
      cron: { description: "Regular background program processing daemon", execStart: "/usr/sbin/cron -f" },
    },
  }),
  dpkg: template("1.22.6ubuntu6", { essential: true }),
  gpgv: template("2.4.4-2ubuntu17"),
  locales: template("2.39-0ubuntu8", {
    commands: localeCommands,
    files: { "/etc/locale.gen": "# C.UTF-8 UTF-8\n# en_US.UTF-8 UTF-8\n" },
  }),
  "openssh-server": template("1:9.6p1-3ubuntu13"),
  python3: template("3.12.3-0ubuntu1"),
  systemd: template("255.4-1ubuntu8", {
    essential: true,
    units: {
      "systemd-networkd": {
        description: "Network Configuration",
        execStart: "/usr/lib/systemd/systemd-networkd",
        type: "notify",
      },
      "systemd-resolved": {
        description: "Network Name Resolution",
        execStart: "/usr/lib/systemd/systemd-resolved",
        type: "notify",
      },
    },
  }),
  tzdata: template("2024a-2ubuntu1"),
  wget: template("1.21.4-1ubuntu4", {
    commands: { wget: { run: downloadCommands["wget"]?.run ?? labNvidia } },
  }),
};

const available: Catalogue = {
  "apt-transport-https": ubuntu("2.7.14build2"),
  "build-essential": ubuntu("12.10ubuntu1", { depends: ["gcc", "make", "libc6-dev"] }),
  gcc: ubuntu("4:13.2.0-7ubuntu1", {
    ...{ commands: { gcc: {}, cc: {} }, depends: ["binutils"], recommends: ["libc6-dev"] },
  }),
  binutils: ubuntu("2.42-4ubuntu2", { commands: { ld: {} } }),
  make: ubuntu("4.3-4.1build2", { commands: { make: {} } }),
  "libc6-dev": ubuntu("2.39-0ubuntu8"),
  "libglvnd-dev": ubuntu("1.7.0-1build1"),
  "pkg-config": ubuntu("1.8.1-2build1", { commands: { "pkg-config": {} } }),
  curl: ubuntu("8.5.0-2ubuntu10", {
    commands: { curl: { run: downloadCommands["curl"]?.run ?? labNvidia } },
  }),
  gnupg: ubuntu("2.4.4-2ubuntu17", { depends: ["gpg"] }),
  gpg: ubuntu("2.4.4-2ubuntu17", { commands: { gpg: {} } }),
  jq: ubuntu("1.7.1-3build1", { commands: { jq: {} } }),
  git: ubuntu("1:2.43.0-1ubuntu7", {
    commands: { git: {} },
    recommends: ["ca-certificates", "less", "openssh-client", "patch"],
  }),
  less: ubuntu("590-2ubuntu2"),
  "openssh-client": ubuntu("1:9.6p1-3ubuntu13"),
  patch: ubuntu("2.7.6-7build3"),
  pigz: ubuntu("2.8-1"),
  kmod: ubuntu("31+20240202-2ubuntu7"),
  htop: ubuntu("3.3.0-4build1", { commands: { htop: {} } }),
  rsync: ubuntu("3.2.7-1ubuntu1", { commands: { rsync: {} } }),
  "s-tui": ubuntu("1.1.6-1", { commands: { "s-tui": {} } }),
  vim: ubuntu("2:9.1.0016-1ubuntu7", { commands: { vim: {} } }),
  nano: ubuntu("7.2-2build1"),
  nvtop: ubuntu("3.0.2-1", { commands: { nvtop: {} } }),
  "nfs-common": ubuntu("1:2.6.4-3ubuntu5", {
    commands: { "mount.nfs": { run: onlyInMachine, folder: "/usr/sbin" } },
  }),
  "qemu-guest-agent": ubuntu("1:8.2.2+ds-0ubuntu1", {
    units: {
      "qemu-guest-agent": {
        description: "QEMU Guest Agent",
        execStart: "/usr/sbin/qemu-ga",
        check: (guest) =>
          guest.store.get("agent-port", false)
            ? undefined
            : { journal: ["error: failed to open /dev/virtio-ports/org.qemu.guest_agent.0"] },
        started: (guest) => writeFileSync(inRoot(guest.root, AGENT_MARK), ""),
        stopped: (guest) => rmSync(inRoot(guest.root, AGENT_MARK), { force: true }),
      },
    },
  }),
  "python3-pip": ubuntu("24.0+dfsg-1ubuntu1", { commands: { pip: {}, pip3: {} } }),
  "python3-venv": ubuntu("3.12.3-0ubuntu1"),
  "software-properties-common": ubuntu("0.99.48"),
  unzip: ubuntu("6.0-28ubuntu4", { commands: { unzip: {} } }),
  nginx: ubuntu("1.24.0-2ubuntu7", {
    units: {
      nginx: { description: "A high performance web server and a reverse proxy server", type: "forking" },
    },
  }),
  "cuda-keyring": { version: "1.1-1", from: "nvidia-cuda" },
  "cuda-toolkit-12-8": {
    version: release,
    from: "nvidia-cuda",
    depends: ["cuda-nvcc-12-8"],
    files: { "/usr/local/cuda-12.8/version.json": '{"cuda":{"name":"CUDA SDK","version":"12.8.1"}}\n' },
  },
  "cuda-nvcc-12-8": {
    version: "12.8.93-1",
    from: "nvidia-cuda",
    files: {
      "/usr/local/cuda-12.8/bin/nvcc": { text: nvcc, mode: 0o755 },
      "/usr/local/cuda/bin/nvcc": { text: nvcc, mode: 0o755 },
    },
  },
};

export const guestCatalogue: Catalogue = { ...installed, ...available, ...docker };
