/**
 * Commands of the machine that would act on the machine itself, or on a system that is not there. They are
 * shadowed by a refusal that names itself; what the lab simulates later takes its place.
 */
import type { Answer, Command, CommandTable } from "../../types";

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
  ...["hostnamectl", "timedatectl", "journalctl"],
];

const refused = (name: string, args: string[]): Answer => ({
  code: 1,
  stderr: `${name}: the lab does not simulate this command (${[name, ...args].join(" ")})\n`,
});

/** Every device is there as soon as it is made: nothing to wait for. */
const udevadm: Command = (_host, { args }) => {
  const [verb = "", ...options] = args;
  const waits =
    verb === "settle" && (options.length === 0 || (options[0] === "-t" && /^\d+$/.test(options[1] ?? "")));
  return waits ? { code: 0 } : refused("udevadm", args);
};

export const refusedCommands: CommandTable = {
  udevadm: { run: udevadm },
  ...Object.fromEntries(names.map((name) => [name, { run: (_host, { args }) => refused(name, args) }])),
};
