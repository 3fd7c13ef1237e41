/* eslint-disable @typescript-eslint/no-unsafe-member-access --
   the tables break untyped documents in every way */
import test, { describe } from "node:test";
import assert from "node:assert/strict";
import { check, expectRow, type Row } from "./samples";

const container = "lxc.json: lxc_configs.901";

describe("one key at a time", () => {
  const rows: Row[] = [
    ["nothing edited", () => undefined],
    [
      "a required key is missing",
      (_, { lxc_configs: c }) => delete c["901"].memory_mb,
      `${container}.memory_mb: is missing — give memory in MB, 512 to 131072`,
    ],
    [
      "text for a number",
      (_, { lxc_configs: c }) => (c["901"].memory_mb = "2048"),
      `${container}.memory_mb: must be a number, not text ("2048") — give memory in MB, 512 to 131072`,
    ],
    [
      "too little",
      (_, { lxc_configs: c }) => (c["901"].memory_mb = 511),
      `${container}.memory_mb: must be 512 or more (511) — give memory in MB, 512 to 131072`,
    ],
    [
      "too much",
      (_, { lxc_configs: c }) => (c["901"].cores = 33),
      `${container}.cores: must be 32 or less (33) — give CPU cores, 1 to 32`,
    ],
    [
      "a broken number",
      (_, { lxc_configs: c }) => (c["901"].cores = 1.5),
      `${container}.cores: must be a whole number (1.5) — give CPU cores, 1 to 32`,
    ],
    [
      "a number for a CTID in quotes",
      (_, { lxc_configs: c }) => (c["901"].dependencies = [900]),
      `${container}.dependencies[0]: must be text, not a number (900) — give CTID in quotes, or VMID or name of a virtual machine`,
    ],
    [
      "a MAC address that is none",
      (_, { lxc_configs: c }) => (c["901"].mac_address = "52:54:00:zz:00:02"),
      `${container}.mac_address: is not a MAC address ("52:54:00:zz:00:02") — give MAC address of the interface, such as 52:54:00:AA:BB:CC; Proxmox picks one without it`,
    ],
    [
      "an address without its prefix length",
      (_, { lxc_configs: c }) => (c["901"].network_config.ip = "10.0.0.11"),
      `${container}.network_config.ip: is neither an IPv4 address with a prefix length nor dhcp or manual ("10.0.0.11") — give IPv4 address with its prefix length, such as 10.0.0.200/24, or dhcp or manual`,
    ],
    [
      "an octet of 256",
      (_, { lxc_configs: c }) => (c["901"].network_config.ip = "10.0.0.256/24"),
      `${container}.network_config.ip: is neither an IPv4 address with a prefix length nor dhcp or manual ("10.0.0.256/24") — give IPv4 address with its prefix length, such as 10.0.0.200/24, or dhcp or manual`,
    ],
    [
      "a snapshot named current",
      (_, { lxc_configs: c }) => (c["900"].template_snapshot_name = "current"),
      `lxc.json: lxc_configs.900.template_snapshot_name: is not a snapshot name Proxmox accepts ("current") — give snapshot that clones start from: a letter, then letters, digits, _ and -, 2 to 40 in all, not current`,
    ],
    ["a snapshot name of 40", (_, { lxc_configs: c }) => (c["900"].template_snapshot_name = "s".repeat(40))],
    [
      "a feature that nothing installs",
      (_, { lxc_configs: c }) => (c["901"].features = ["dokcer"]),
      `${container}.features[0]: is the name of no feature ("dokcer") — did you mean docker?`,
    ],
    [
      "GPUs that are none",
      (_, { lxc_configs: c }) => (c["901"].gpu_assignment = "all"),
      `${container}.gpu_assignment: is not a GPU assignment ("all") — give none, or GPUs separated by commas: indices such as 0,1, PCI addresses or UUIDs`,
    ],
    ["a GPU by PCI address", (_, { lxc_configs: c }) => (c["901"].gpu_assignment = "0000:01:00.0")],
    [
      "a raw line that is not one",
      (_, { lxc_configs: c }) => (c["901"].lxc_options = ["memory: 1"]),
      `${container}.lxc_options[0]: is not an lxc.… line ("memory: 1") — give a raw LXC setting as key=value or key: value, such as lxc.apparmor.profile=unconfined`,
    ],
    [
      "a raw line that hides a second one",
      (_, { lxc_configs: c }) => (c["901"].lxc_options = ["lxc.a=1\nlxc.b=2"]),
      `${container}.lxc_options[0]: is not an lxc.… line ("lxc.a=1\\nlxc.b=2") — give a raw LXC setting as key=value or key: value, such as lxc.apparmor.profile=unconfined`,
    ],
    [
      "no tries at all",
      (_, { lxc_configs: c }) => (c["901"].health_check = { command: "true", retries: 0 }),
      `${container}.health_check.retries: must be 1 or more (0) — give number of tries, 1 to 1000`,
    ],
    [
      "a health check without a command",
      (_, { lxc_configs: c }) => (c["901"].health_check = { command: "" }),
      `${container}.health_check.command: must not be empty ("") — give command run in the container; exit status 0 means healthy`,
    ],
    [
      "a port of 65536",
      (_, { lxc_configs: c }) =>
        (c["901"].firewall = {
          enabled: false,
          rules: [{ type: "in", action: "ACCEPT", proto: "tcp", port: "65536" }],
        }),
      `${container}.firewall.rules[0].port: is neither a port nor a range or list of ports ("65536") — give port in quotes, 1 to 65535, a range such as 8000:8010, or a list such as 80,443; any without it`,
    ],
    [
      "a mount point that climbs",
      (_, { lxc_configs: c }) =>
        (c["901"].volumes = [{ name: "data", pool: "tank-guests", size_gb: 8, mount_point: "/data/../etc" }]),
      `${container}.volumes[0].mount_point: is not an absolute path of letters, digits and . _ - + @ = ~ %, without .. in it ("/data/../etc") — give folder in the container`,
    ],
    [
      "a pool name that ZFS keeps for itself",
      ({ zfs }) => (zfs.pools[1].name = "mirror2"),
      `host.json: zfs.pools[1].name: is not a name ZFS accepts for a pool ("mirror2") — give name of the pool: a letter, then letters, digits, _ . and -; not log, and not beginning with mirror, raidz, draid, spare or c0 to c9`,
    ],
    [
      "an unknown layout",
      ({ zfs }) => (zfs.pools[0].raid_level = "raid5"),
      `host.json: zfs.pools[0].raid_level: must be one of single, mirror, raidz1, raidz2, raidz3 ("raid5") — give layout of the pool: single, mirror, raidz1, raidz2 or raidz3`,
    ],
    [
      "a disk that is no path",
      ({ zfs }) => (zfs.pools[1].disks = ["sdb; reboot"]),
      `host.json: zfs.pools[1].disks[0]: is not the path of a disk ("sdb; reboot") — give path of a disk, best a stable one such as /dev/disk/by-id/nvme-…`,
    ],
    [
      "an unknown type of storage",
      ({ zfs }) => (zfs.datasets[0].proxmox_storage_type = "lvm"),
      `host.json: zfs.datasets[0].proxmox_storage_type: must be one of zfspool, dir ("lvm") — give type of the Proxmox storage over the dataset: zfspool or dir`,
    ],
    [
      "an NFS export for nobody",
      (host) => (host.nfs = { exports: [{ path: "bulk/library", clients: [], options: ["rw"] }] }),
      `host.json: nfs.exports[0].clients: must not be empty — give who may mount it: addresses, subnets or host names, at least one`,
    ],
    [
      "two NFS clients in one text",
      (host) =>
        (host.nfs = { exports: [{ path: "bulk/library", clients: ["10.0.0.5,10.0.0.6"], options: [] }] }),
      `host.json: nfs.exports[0].clients[0]: is not one client (an address, a subnet, a host name with or without * and ?, or @ and a netgroup) ("10.0.0.5,10.0.0.6") — give one client`,
    ],
    [
      "null where a section belongs",
      (host) => (host.network = null),
      `host.json: network: must be an object, not null (null) — give the host's network`,
    ],
    [
      "a list for the whole file",
      (host) => Object.keys(host as object).forEach((key) => key !== "zfs" && delete host[key]),
      `host.json: timezone: is missing — give time zone of the host, such as America/New_York`,
      `host.json: network: is missing — give the host's network`,
    ],
  ];
  for (const row of rows) test(row[0], () => expectRow("mistakes", row));
});

describe("unknown keys", () => {
  const rows: Row[] = [
    [
      "a slip of the pen in an optional key",
      (_, { lxc_configs: c }) => (c["901"].swap_bm = 0),
      `${container}.swap_bm: unknown key — it has no effect; did you mean swap_mb?`,
    ],
    [
      "a key of something else",
      (host) => (host.monitoring = { enabled: true }),
      `host.json: monitoring: unknown key — it has no effect; remove it or correct its spelling`,
    ],
    [
      "deep down, with a strange name",
      ({ zfs }) => (zfs.pools[0]["ashift (bits)"] = 12),
      `host.json: zfs.pools[0]."ashift (bits)": unknown key — it has no effect; remove it or correct its spelling`,
    ],
    ["a description", ({ zfs }) => (zfs.pools[0].description = "Mirrored, for what must not be lost.")],
  ];
  for (const row of rows) test(row[0], () => expectRow("warnings", row));

  test("beside a mistake in the same entry, both are told", () => {
    const { mistakes, warnings } = check((_, { lxc_configs: c }) => {
      c["901"].memory = 1024;
      delete c["901"].memory_mb;
    });
    assert.deepEqual(mistakes, [`${container}.memory_mb: is missing — give memory in MB, 512 to 131072`]);
    assert.deepEqual(warnings, [
      `${container}.memory: unknown key — it has no effect; remove it or correct its spelling`,
    ]);
  });
});

describe("secrets stay out of messages", () => {
  const hash =
    "host.json: users.password_hash: is not a password hash (it is not shown here, in case it is a password)";
  const remedy = "give the hash that `mkpasswd -m yescrypt` prints, or NOT_SET to leave the password alone";
  const rows: Row[] = [
    ["a password in clear", ({ users }) => (users.password_hash = "hunter2"), `${hash} — ${remedy}`],
    ["no password", ({ users }) => (users.password_hash = ""), `${hash} — ${remedy}`],
    [
      "a number",
      ({ users }) => (users.password_hash = 1234),
      `host.json: users.password_hash: must be text, not a number — ${remedy}`,
    ],
    [
      "yescrypt",
      ({ users }) =>
        (users.password_hash = "$y$j9T$F5Jx5fExrKuPp53xLKQ..1$X3DX6M94c7o.9agCG9G317fhZg9SqC.5i5rd.RhAtQ7"),
    ],
    ["SHA-512", ({ users }) => (users.password_hash = "$6$rounds=5000$saltsalt$abcDEF./0123")],
    [
      "a private key in the place of a public one",
      ({ users }) => (users.ssh_public_key = "-----BEGIN OPENSSH PRIVATE KEY-----\nsecret"),
      "host.json: users.ssh_public_key: is not a public key (it is not shown here, in case it is a private one) — give one line as in a .pub file for authorized_keys; empty for none",
    ],
  ];
  for (const row of rows) test(row[0], () => expectRow("mistakes", row));
});
