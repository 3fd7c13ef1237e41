import { firewall } from "./firewall";
import { devices, disks, dkms, download, journal, kernel, network, units } from "./machine";
import { apt, dpkg } from "./packages";
import { exportfs, samba, showmount } from "./sharing";
import type { Scenario } from "./types";

export const scenarios: Scenario[] = [
  ...[firewall, apt, dpkg, exportfs, samba, showmount],
  ...[network, units, journal, disks, devices, dkms, download, kernel],
];

/** Functions of the host scripts that hand their arguments to a tool. */
export const wrappers = ["firewall_ufw", "packages_apt", "service_try", "apt"];

const systemd = "systemd is not the init system of the folder that the tools run in";

/** Tools that no line can be judged of here, and why. */
export const toolsNotHere: Record<string, string> = {
  zfs: "its kernel module is not in a container, and Debian has it in contrib",
  zpool: "its kernel module is not in a container, and Debian has it in contrib",
  hostnamectl: `${systemd}: it asks its service`,
  timedatectl: `${systemd}: it asks its service`,
  modprobe: "a container may not load modules",
  nvme: "it needs a drive",
  smartctl: "it needs a drive",
  sshd: "it needs keys of a host that is reached; the lab's server is its own",
  "update-initramfs": "it needs a kernel",
  "proxmox-boot-tool": "Proxmox VE's, not Debian's",
};

/** Calls, as they are written, that cannot be judged here, and why. */
export const callsNotHere: Record<string, string> = Object.fromEntries([
  ...[
    "systemctl daemon-reload",
    'systemctl enable --now "$3"',
    'systemctl disable --now "$3"',
    'systemctl disable --now "$timer"',
    "systemctl is-system-running",
    "systemctl reboot",
    "systemctl restart docker",
    "systemctl start docker",
    'systemctl stop "$unit"',
    "systemctl stop ssh",
    "systemctl stop ssh.socket",
    "systemctl --quiet is-active ssh.socket",
    ...["docker", "pve-cluster", "pveproxy", "ssh", '"$1"', '"$timer"', '"$unit"'].map(
      (name) => `systemctl is-active --quiet ${name}`,
    ),
    'service_try reload "$unit" "could not be reloaded"',
    'service_try restart "$unit" "could not be restarted"',
    'service_try start "$1" "could not be started"',
    'service_try stop "$unit" "could not be stopped"',
  ].map((call) => [call, systemd]),
  ...['wget -qO "$file.part" "$1"', "dpkg-query -W -f='${Status}' \"$1\"", "exportfs -v"].map((call) => [
    call,
    "a function that is carried beside the user's scripts: it runs where they call it",
  ]),
]) as Record<string, string>;
