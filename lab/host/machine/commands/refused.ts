/**
 * Commands of the machine that would act on the machine itself, or on a system that is not there. They are
 * shadowed by a refusal that names itself; what the lab simulates later takes its place.
 */
import type { CommandTable } from "../../types";

const names = [
  ...["reboot", "shutdown", "poweroff", "halt", "init", "telinit", "kexec"],
  ...[
    "mkfs",
    "mkfs.ext2",
    "mkfs.ext3",
    "mkfs.ext4",
    "mkfs.xfs",
    "mkfs.btrfs",
    "mkswap",
    "fdisk",
    "sfdisk",
    "parted",
    "partprobe",
  ],
  ...["swapon", "swapoff", "losetup", "blkdiscard", "hwclock", "fstrim"],
  ...["modprobe", "rmmod", "insmod", "depmod", "dkms", "lsmod", "modinfo"],
  ...["ufw", "iptables", "ip6tables", "nft", "brctl", "ifup", "ifdown", "ifreload"],
  ...["exportfs", "showmount", "smbpasswd", "pdbedit", "proxmox-boot-tool"],
  ...["hostnamectl", "timedatectl", "journalctl", "udevadm"],
];

export const refusedCommands: CommandTable = Object.fromEntries(
  names.map((name) => [
    name,
    {
      run: (_host, { args }) => ({
        code: 1,
        stderr: `${name}: the lab does not simulate this command (${[name, ...args].join(" ")})\n`,
      }),
    },
  ]),
);
