import { install, type Scenario } from "./types";

const nfs = "allow from 10.0.0.0/24 to any port 2049 proto tcp";
const routed = "allow in on vmbr0 out on vmbr0";
const add = ['firewall_ufw "${words[@]}"', 'ufw "$@"'];
const dry = ['firewall_ufw --dry-run "${words[@]}"', 'ufw "$@"'];
const drop = add;

export const firewall: Scenario = {
  tool: "ufw",
  programs: ["/usr/sbin/ufw", "/usr/sbin/iptables"],
  package: "ufw",
  lab: install("ufw"),
  cases: [
    { line: "ufw status", of: ["firewall_ufw status"] },
    { line: "ufw show added", of: ["firewall_ufw show added"] },
    { line: "ufw --dry-run allow 8006/tcp | grep tuple", of: dry },
    { line: "ufw allow 8006/tcp", of: add },
    { line: "ufw --dry-run allow 8006/tcp", of: dry },
    { line: "ufw allow 137,138/udp", of: add },
    { line: "ufw allow 139,445/tcp", of: add },
    { line: `ufw ${nfs}`, of: add },
    { line: `ufw --dry-run ${nfs}`, of: dry },
    { line: "ufw allow from 10.0.0.9/24 to any port 111 proto tcp 2>/dev/null", of: add },
    { line: "ufw allow from fd00::/64 to any port 111 proto tcp", of: add },
    { line: `ufw route ${routed}`, of: add },
    { line: `ufw --dry-run route ${routed}`, of: dry },
    { line: "ufw limit 22/tcp" },
    { line: "ufw deny from 10.0.0.66; ufw reject 9/tcp; ufw allow out 53; ufw allow out on vmbr1" },
    { line: "ufw show added", of: ["firewall_ufw show added"] },
    { line: "grep -h tuple /etc/ufw/user.rules /etc/ufw/user6.rules" },
    { line: "ufw --force enable", of: ["firewall_ufw --force enable"] },
    { line: "ufw status", of: ["firewall_ufw status"] },
    { line: "ufw status numbered; ufw status verbose" },
    { line: "ufw delete allow 137,138/udp", of: drop },
    { line: `ufw delete ${nfs}`, of: drop },
    { line: "ufw delete allow 9/tcp", of: drop },
    { line: `ufw delete route ${routed}` },
    { line: `ufw route delete ${routed}`, of: drop },
    { line: `ufw route delete ${routed}`, of: drop },
    { line: "ufw route delete 1; ufw delete 99" },
    { line: "ufw --dry-run allow 99999/tcp", of: dry },
    { line: "ufw allow 1,2; ufw allow 22/xyz; ufw allow nosuch; ufw allow from 10.0.0.300" },
    { line: "ufw allow; ufw frob; ufw; ufw delete; ufw insert 99 allow 7; ufw --frob" },
    { line: "ufw show added", of: ["firewall_ufw show added"] },
    { line: "ufw --force disable", of: ["firewall_ufw --force disable"] },
    { line: "ufw status; grep -h ENABLED /etc/ufw/ufw.conf" },
  ],
};
