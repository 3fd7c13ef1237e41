import type { LabStack } from "./lab";

/** Where the product, or a tool that it calls, keeps what it knows; of volumes the guests' files are looked at apart. */
const folders = ["/etc", "/var/lib/phoenix", "/usr/local", "/root", "/home", "/opt"];

/** What differs from run to run by itself, and storage.cfg, whose order means nothing: its entries are compared. */
const volatile =
  /^\/etc\/(?:(?:passwd|shadow|group|gshadow|subuid|subgid)-|mtab|ld\.so\.cache|ufw\/user6?\.rules$|pve\/(?:\.|storage\.cfg$|nodes\/[^/]+\/lrm))/;

const look = `
find ${folders.join(" ")} -xdev \\( -type f -o -type l -o -type d \\) -printf '%y %m %U:%G %p -> %l\\n' 2>/dev/null
find ${folders.join(" ")} -xdev -type f -print0 2>/dev/null | xargs -0 sha256sum 2>/dev/null | sed 's/^/sum /'
cat /etc/ufw/user.rules /etc/ufw/user6.rules 2>/dev/null | sed 's/^/ufw /'
ufw status 2>/dev/null | sed 's/^/ufw /'
pvesm status | awk '{ print "storage", $1, $2, $3 }'
zfs list -H -o name,mountpoint -t all | sed 's/^/zfs /'
getent passwd | sed 's/^/passwd /'
systemctl list-units --all --plain --no-legend 2>/dev/null | awk '{ print "unit", $1, $3, $4 }'
pct list | sed 's/^/pct /'
awk '/^[a-z]+:/ { if (one) print one; one = "storage.cfg"; } { one = one " " $0 } END { print one }' /etc/pve/storage.cfg
cat /etc/pve/lxc/*.conf 2>/dev/null | sed 's/^/conf /'
exit 0`;

/** The host, a line for each file with its mode, owner and digest, and for what tools say of it; sorted. */
export async function hostLines(stack: LabStack): Promise<string[]> {
  const text = await stack.host("bash", "-c", look);
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
