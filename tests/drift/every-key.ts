/** An estate whose container has each key that the dev estate does not use: what somebody changes of them. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { scratch } from "../helpers/scratch";
import { type Row, rowsOf, scriptSteps } from "./table";

const host = {
  timezone: "Etc/UTC",
  network: {
    interfaces: { name: "vmbr0", address: "10.0.0.13/24", gateway: "10.0.0.1", dns_nameservers: "10.0.0.1" },
  },
  zfs: { pools: [], datasets: [] },
  shared_volumes: {},
};

const key = (name: string) =>
  `ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI${name.padEnd(43, "x")} ${name}@lab.example`;

const container = {
  ...{ name: "every-key", memory_mb: 1024, cores: 2, storage_pool: "local-lvm", storage_size_gb: 10 },
  template: "local:vztmpl/ubuntu-24.04-standard_24.04-2_amd64.tar.zst",
  // Quotas are for these alone.
  unprivileged: false,
  mac_address: "52:54:00:00:09:30",
  network_config: {
    ...{ name: "eth0", bridge: "vmbr0", ip: "10.0.0.130/24", gw: "10.0.0.1" },
    ...{ ip6: "fd00::30/64", gw6: "fd00::1", vlan: 7, mtu: 1400, rate: 5 },
  },
  networks: [
    { name: "eth1", bridge: "vmbr0", ip: "dhcp", vlan: 8, mac_address: "52:54:00:00:09:31", firewall: true },
  ],
  devices: [{ path: "/dev/serial0", mode: "0666", gid: 20 }],
  ...{ tags: ["eu", "web"], pool: "lab/web", cpulimit: 1.5, cpuunits: 200 },
  ...{ nameserver: ["9.9.9.9"], searchdomain: "lab.example", timezone: "Europe/Berlin" },
  ...{ tty: 4, cmode: "shell", console: false },
  rootfs: { acl: true, quota: true, mountoptions: ["discard", "noatime"], replicate: false },
  volumes: [
    {
      ...{ name: "data", pool: "local-lvm", size_gb: 1, mount_point: "/srv/data", backup: true },
      ...{ acl: true, quota: true, mountoptions: ["nodev"], replicate: false },
    },
  ],
  root_ssh_keys: [key("anna"), key("ben")],
  root_password_hash: `$6$saltsalt$${"hash".padEnd(86, "x")}`,
};

/** What a node needs before: shell commands. */
export const everyKeyNode = "mknod -m 660 /dev/serial0 c 188 0";

/** Writes both files; gives their places. */
export function writeEveryKey(folder: string): { hypervisorConfig: string; lxcConfigs: string } {
  mkdirSync(folder, { recursive: true });
  const [hypervisorConfig, lxcConfigs] = [join(folder, "host.json"), join(folder, "lxc.json")];
  writeFileSync(hypervisorConfig, JSON.stringify(host));
  writeFileSync(lxcConfigs, JSON.stringify({ lxc_configs: { "930": container } }));
  return { hypervisorConfig, lxcConfigs };
}

export const everyKeySteps = (files: { hypervisorConfig: string; lxcConfigs: string }, identity: string) =>
  scriptSteps(files, { identity, hostSetup: false });

/** Its rows that are not of the same as one of these. */
export function rowsBeside(
  known: readonly Row[],
  rows = rowsOf(everyKeySteps(writeEveryKey(scratch()), "keys")),
): Row[] {
  const seen = new Set(known.map(({ room, sets }) => `${room} ${sets}`));
  return rows.filter(({ room, sets }) => !seen.has(`${room} ${sets}`));
}
