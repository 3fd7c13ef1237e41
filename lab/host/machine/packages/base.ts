/** What the installer of Proxmox VE 9 leaves on a node, and small tools that a set-up asks Debian for. */
import { sudoCommands } from "../commands/checks";
import { isJqOf, jq } from "../commands/jq";
import { chronyCommands } from "../commands/time";
import { networkChanged } from "../network/changes";
import { networking } from "../network/networking";
import { ufw } from "../network/ufw/command";
import { rulesText } from "../network/ufw/rules";
import { chronyUnit } from "../units/chrony";
import { archives } from "./archives";
import { armoredKey } from "./keyrings";
import type { Catalogue, Unit } from "./types";

const pve = ["pve-no-subscription", "pve-enterprise"] as const;
const daemon = (description: string, execStart: string): Unit => ({
  description,
  execStart,
  type: "forking",
});

/** Installed on every node; those without a version of their own take Debian 13's. */
const installed: Catalogue = {
  bash: { version: "5.2.37-2+b5", essential: true },
  coreutils: { version: "9.7-3", essential: true },
  dpkg: { version: "1.22.21", essential: true },
  apt: { version: "3.0.3", essential: true },
  "apt-transport-https": { version: "3.0.3" },
  "ca-certificates": { version: "20250419" },
  curl: { version: "8.14.1-2", upgrade: "8.14.1-2+deb13u2" },
  wget: { version: "1.25.0-2" },
  gnupg: { version: "2.4.7-21" },
  gpg: { version: "2.4.7-21" },
  tzdata: { version: "2025b-4+deb13u1" },
  "net-tools": { version: "2.10-1.3" },
  locales: { version: "2.41-12" },
  systemd: { version: "257.8-1~deb13u2", essential: true },
  cron: {
    version: "3.0pl1-197",
    units: {
      cron: {
        description: "Regular background program processing daemon",
        execStart: "/usr/sbin/cron -f",
        type: "simple",
      },
    },
  },
  chrony: {
    version: "4.6.1-3",
    commands: chronyCommands,
    files: { "/etc/chrony/chrony.conf": chronyConfiguration() },
    units: { chrony: chronyUnit },
  },
  logrotate: { version: "3.22.0-1" },
  "openssh-server": {
    version: "1:10.0p1-7",
    files: {
      "/etc/ufw/applications.d/openssh-server":
        "[OpenSSH]\ntitle=Secure shell server, an rshd replacement\ndescription=OpenSSH is a free implementation of the Secure Shell protocol.\nports=22/tcp\n",
    },
  },
  "initramfs-tools": { version: "0.148.3" },
  "proxmox-archive-keyring": {
    version: "4.0",
    from: [...pve],
    files: keyring("download.proxmox.com", "/usr/share/keyrings/proxmox-archive-keyring.gpg"),
  },
  "debian-archive-keyring": {
    version: "2025.1",
    files: keyring("deb.debian.org", "/usr/share/keyrings/debian-archive-keyring.gpg"),
  },
  ifupdown2: {
    version: "3.3.0-1+pmx10",
    from: [...pve],
    units: {
      networking: {
        description: "Network initialization",
        type: "oneshot",
        remains: true,
        execStart: "/usr/share/ifupdown2/sbin/start-networking start",
        ...networking,
      },
    },
  },
  "proxmox-ve": { version: "9.1.0", from: [...pve] },
  "pve-manager": {
    version: "9.2.11",
    from: [...pve],
    units: {
      pvedaemon: daemon("PVE API Daemon", "/usr/bin/pvedaemon start"),
      pveproxy: daemon("PVE API Proxy Server", "/usr/bin/pveproxy start"),
      pvestatd: daemon("PVE Status Daemon", "/usr/bin/pvestatd start"),
      pvescheduler: daemon("Proxmox VE scheduler", "/usr/bin/pvescheduler start"),
      "pve-guests": {
        description: "PVE guests",
        type: "oneshot",
        remains: true,
        execStart: "/usr/bin/pvesh --nooutput create /nodes/localhost/startall",
      },
    },
  },
  "pve-cluster": {
    version: "9.0.6",
    from: [...pve],
    units: { "pve-cluster": daemon("The Proxmox VE cluster filesystem", "/usr/bin/pmxcfs") },
  },
  "pve-firewall": {
    version: "6.0.4",
    from: [...pve],
    units: { "pve-firewall": daemon("Proxmox VE firewall", "/usr/sbin/pve-firewall start") },
  },
  "pve-container": { version: "6.0.13", upgrade: "6.0.18", from: [...pve] },
  "qemu-server": { version: "9.0.22", upgrade: "9.1.1", from: [...pve] },
  "zfsutils-linux": {
    version: "2.4.0-pve1",
    from: [...pve],
    units: {
      "zfs-mount": {
        description: "Mount ZFS filesystems",
        type: "oneshot",
        remains: true,
        execStart: "/sbin/zfs mount -a",
      },
      "zfs-import-cache": {
        description: "Import ZFS pools by cache file",
        type: "oneshot",
        remains: true,
        execStart: "/sbin/zpool import -c /etc/zfs/zpool.cache -aN",
      },
      "zfs-zed": { description: "ZFS Event Daemon (zed)", execStart: "/usr/sbin/zed -F" },
      "zfs.target": { description: "ZFS startup target" },
      "zfs-scrub@": {
        description: "zpool scrub on %i",
        execStart: "/sbin/zpool scrub -w %i",
        enabled: false,
      },
      "zfs-scrub-weekly@.timer": { description: "Weekly zpool scrub timer for %i", enabled: false },
      "zfs-scrub-monthly@.timer": { description: "Monthly zpool scrub timer for %i", enabled: false },
    },
  },
};

/** What the repositories have beside that. */
const available: Catalogue = {
  jq: {
    version: "1.7.1-6+deb13u1",
    depends: ["libjq1"],
    commands: { jq: { run: jq, stdin: true, real: isJqOf } },
  },
  libjq1: { version: "1.7.1-6+deb13u1", depends: ["libonig5"] },
  libonig5: { version: "6.9.9-1+b1" },
  sudo: {
    version: "1.9.16p2-3",
    commands: sudoCommands,
    files: {
      "/etc/sudoers": { text: sudoers(), mode: 0o440 },
      "/etc/sudoers.d/README": { text: "# Files here are read by sudo.\n", mode: 0o440 },
    },
  },
  "s-tui": { version: "1.1.6-2", commands: { "s-tui": {} }, depends: ["python3-psutil", "python3-urwid"] },
  "python3-psutil": { version: "7.0.0-1" },
  "python3-urwid": { version: "2.6.16-1+b1" },
  nodejs: { version: "20.19.2+dfsg-1", depends: ["libnode115"] },
  libnode115: { version: "20.19.2+dfsg-1" },
  htop: { version: "3.4.1-5", commands: { htop: {} } },
  tmux: { version: "3.5a-3", commands: { tmux: {} } },
  ufw: {
    version: "0.36.2-9",
    commands: { ufw: { run: ufw, stdin: true, folder: "/usr/sbin" } },
    units: {
      ufw: {
        description: "Uncomplicated firewall",
        type: "oneshot",
        remains: true,
        execStart: "/usr/lib/ufw/ufw-init start quiet",
        started: networkChanged,
      },
    },
    files: {
      "/etc/ufw/ufw.conf": "ENABLED=no\nLOGLEVEL=low\n",
      "/etc/default/ufw":
        'IPV6=yes\nDEFAULT_INPUT_POLICY="DROP"\nDEFAULT_OUTPUT_POLICY="ACCEPT"\nDEFAULT_FORWARD_POLICY="DROP"\nDEFAULT_APPLICATION_POLICY="SKIP"\nMANAGE_BUILTINS=no\n',
      "/etc/ufw/user.rules": { text: rulesText([], false), mode: 0o640 },
      "/etc/ufw/user6.rules": { text: rulesText([], true), mode: 0o640 },
    },
    afterRemove: networkChanged,
  },
};

/** The key of an archive, where its keyring package puts it. */
function keyring(host: string, path: string): Record<string, string> {
  return { [path]: armoredKey(archives.find((archive) => archive.host === host)?.key ?? "") };
}

/** Debian's chrony.conf without its comments. */
function chronyConfiguration(): string {
  return [
    "confdir /etc/chrony/conf.d",
    "pool 2.debian.pool.ntp.org iburst",
    "sourcedir /run/chrony-dhcp",
    "sourcedir /etc/chrony/sources.d",
    "keyfile /etc/chrony/chrony.keys",
    "driftfile /var/lib/chrony/chrony.drift",
    "ntsdumpdir /var/lib/chrony",
    "logdir /var/log/chrony",
    "maxupdateskew 100.0",
    "rtcsync",
    "makestep 1 3",
    "leapseclist /usr/share/zoneinfo/leap-seconds.list",
    "",
  ].join("\n");
}

/** Debian 13's /etc/sudoers without its comments. */
function sudoers(): string {
  return [
    "Defaults\tenv_reset",
    "Defaults\tmail_badpass",
    'Defaults\tsecure_path="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"',
    "Defaults\tuse_pty",
    "root\tALL=(ALL:ALL) ALL",
    "%sudo\tALL=(ALL:ALL) ALL",
    "@includedir /etc/sudoers.d",
    "",
  ].join("\n");
}

export const base: Catalogue = {
  ...Object.fromEntries(
    Object.entries(installed).map(([name, entry]) => [name, { ...entry, installed: true }]),
  ),
  ...available,
  "proxmox-default-kernel": {
    version: "2.0.0",
    upgrade: "2.0.1",
    from: [...pve],
    release: 9,
    installed: true,
    depends: ["proxmox-kernel-6.14.11-4-pve-signed"],
    upgradeDepends: ["proxmox-kernel-6.17.2-1-pve-signed"],
  },
  "proxmox-kernel-6.8": {
    version: "6.8.12-13",
    upgrade: "6.8.12-15",
    from: [...pve],
    release: 8,
    installed: true,
    depends: ["proxmox-kernel-6.8.12-13-pve-signed"],
    upgradeDepends: ["proxmox-kernel-6.8.12-15-pve-signed"],
  },
};
