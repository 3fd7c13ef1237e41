import { statSync } from "node:fs";
import type { LabStack } from "./lab";

/**
 * Where the product, or a tool that it calls, keeps what it knows, as `find` takes it; of volumes the guests' files are
 * looked at apart. What else the home of root holds is the machine's own, below the lab's.
 */
const folders = "/etc /var/lib/phoenix /usr/local /root/.ssh /home /opt";

/**
 * What differs from run to run by itself: times of snapshots in a guest's configuration, notes of which settings were
 * applied (their folder goes with the last stack), salts of the notes on Samba passwords, the numbers that are kept for users who return, the order of accounts and storages. The lines of accounts, storages and guests are compared instead.
 */
const volatile =
  /^\/var\/lib\/phoenix\/(?:applied\/|samba\/(?:passwords\/|uids\b))|^\/etc\/(?:(?:passwd|shadow|group|gshadow)$|(?:passwd|shadow|group|gshadow|subuid|subgid)-|mtab|ld\.so\.cache|ufw\/user6?\.rules$|pve\/(?:\.|storage\.cfg$|nodes\/[^/]+\/lrm|(?:nodes\/[^/]+\/)?(?:qemu-server|lxc)\/))/;

/** @param since seconds: a file that is older is the machine's, which the lab shows unchanged: its text is not read. */
const look = (since: number) => `
find /root -maxdepth 1 -printf '%y %m %U:%G %p -> %l\\n'
find ${folders} -xdev \\( -type f -o -type l -o -type d \\) -printf '%y %m %U:%G %p -> %l\\n' 2>/dev/null
find ${folders} -xdev -type f -newerct @${since} -print0 2>/dev/null | xargs -0 sha256sum 2>/dev/null | sed 's/^/sum /'
cat /etc/ufw/user.rules /etc/ufw/user6.rules 2>/dev/null | sed 's/^/ufw /'
ufw status 2>/dev/null | sed 's/^/ufw /'
pvesm status | awk '{ print "storage", $1, $2, $3 }'
zfs list -H -o name,mountpoint -t all | sed 's/^/zfs /'
grep -H '' /etc/passwd /etc/shadow /etc/group /etc/gshadow
systemctl list-units --all --plain --no-legend 2>/dev/null | awk '{ print "unit", $1, $3, $4 }'
pct list | sed 's/^/pct /'
qm list | awk '{ print "qm", $1, $2, $3 }'
for f in /sys/bus/pci/devices/*; do echo "driver \${f##*/} $(basename "$(readlink $f/driver)")"; done
nvidia-smi -L 2>/dev/null | sed 's/^/nvidia /'
find /dev -name 'nvidia*' ! -name 'nvidia[1-9]' -printf 'device %p\n' 2>/dev/null
cat /sys/module/nvidia/version 2>/dev/null | sed 's/^/nvidia /'
ip -4 -o address show scope global | awk '{ print "address", $2, $4 }'
pve-firewall status | sed 's/^/firewall /'
stat -c 'folder %n %U:%G %a' /tank/* 2>/dev/null
awk '!NF { next } /^[a-z]+:/ { if (one) print one; one = "storage.cfg"; } { one = one " " $0 } END { print one }' /etc/pve/storage.cfg
cat /etc/pve/lxc/*.conf 2>/dev/null | sed '/^snaptime:/d; s/^/conf /'
grep -Hv '^snaptime:' /etc/pve/qemu-server/*.conf 2>/dev/null
exit 0`;

/** The host, a line for each file with its mode, owner and digest, and for what tools say of it; sorted. */
export async function hostLines(stack: LabStack): Promise<string[]> {
  const text = await stack.host("bash", "-c", look(statSync(stack.project.root).birthtimeMs / 1000));
  const path = (line: string) => /^(?:sum \S+|[fld] \S+ \S+) +(\/.*)$/.exec(line)?.[1] ?? "";
  return text
    .split("\n")
    .filter((line) => !volatile.test(path(line)))
    .sort();
}

/** Lines that only one of the two has, as a diff shows them. */
export function difference(before: readonly string[], after: readonly string[]): string[] {
  const [had, has] = [new Set(before), new Set(after)];
  return [
    ...before.filter((line) => !has.has(line)).map((line) => `- ${line}`),
    ...after.filter((line) => !had.has(line)).map((line) => `+ ${line}`),
  ];
}
