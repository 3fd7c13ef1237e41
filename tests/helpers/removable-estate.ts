/**
 * An estate with every kind of step that has a delete script: tests/components/removals.test.ts proves that none is
 * missing, tests/whole/replacements.test.ts replaces each on the lab.
 */

const disk = (serial: string) => `/dev/disk/by-id/nvme-Samsung_SSD_990_EVO_Plus_${serial}`;

const dataset = (name: string, type: "zfspool" | "dir", content: string, more: object = {}) => ({
  ...{ name, pool: "tank", properties: "compression=lz4" },
  ...{ proxmox_storage_type: type, proxmox_content_type: content, ...more },
});

const container = (ctid: number, name: string, more: object) => ({
  ...{ name, memory_mb: 512, cores: 1, storage_pool: "tank-guests", storage_size_gb: 10, unprivileged: true },
  network_config: { name: "eth0", bridge: "vmbr0", ip: `10.0.0.${ctid - 800}/24`, gw: "10.0.0.1" },
  ...more,
});

const template = "tank-library:vztmpl/ubuntu-24.04-standard_24.04-2_amd64.tar.zst";

const version = "580.76.05";

export const removableHost = {
  // No value is the node's own: what is taken away would else not be seen.
  timezone: "Pacific/Auckland",
  users: { username: "phoenix_admin", password_hash: "NOT_SET", sudo_access: true, ssh_public_key: "" },
  initial_setup: { hostname: "phoenix", upgrade: "never", nodesource: true, ufw: true },
  network: {
    interfaces: { name: "vmbr0", address: "10.0.0.13/24", gateway: "10.0.0.1", dns_nameservers: "10.0.0.7" },
    default_subnet: "10.0.0.0/24",
    nfs_server: "10.0.0.13",
  },
  behavior: { rollback_on_failure: true },
  nvidia_driver: {
    ...{ install: true, version },
    runfile_url: `https://us.download.nvidia.com/XFree86/Linux-x86_64/${version}/NVIDIA-Linux-x86_64-${version}.run`,
  },
  zfs: {
    arc_max_gb: 16,
    pools: [
      {
        ...{ name: "tank", raid_level: "mirror" },
        disks: [disk("2TB_S7U6NJ0Y320880M"), disk("2TB_S7U6NJ0Y310536X")],
      },
      {
        ...{ name: "extra", raid_level: "single", destroy_on_teardown: true },
        disks: [disk("4TB_S7U8NJ0Y402334Y")],
      },
    ],
    datasets: [
      dataset("guests", "zfspool", "images,rootdir"),
      dataset("volumes", "zfspool", "rootdir"),
      dataset("library", "dir", "vztmpl"),
      dataset("media", "dir", "iso"),
      dataset("projects", "dir", "backup"),
      dataset("scratch", "dir", "backup", { destroy_on_teardown: true }),
    ],
  },
  nfs: { exports: [{ path: "tank/media", clients: ["10.0.0.0/24"], options: ["rw"] }] },
  samba: {
    user: "phoenix_admin",
    shares: [
      {
        ...{ name: "projects", path: "tank/projects", options: "browseable=yes" },
        valid_users: ["phoenix_admin", "colleague"],
      },
    ],
  },
  backups: { nightly: { schedule: "02:30", storage: "tank-projects", guests: ["910", "gamer"] } },
  firewall: {
    enabled: true,
    default_input_policy: "DROP",
    default_output_policy: "ACCEPT",
    rules: [{ type: "in", action: "ACCEPT", proto: "tcp", port: "3000" }],
  },
  vms: [
    {
      ...{ name: "gamer", vmid: 9000, template: "ubuntu-24.04", cores: 2, memory_mb: 2048, disk_size_gb: 20 },
      ...{ storage_pool: "tank-guests", network_bridge: "vmbr0", snapshots: ["fresh"] },
      cloud_init: { user: "ops", ip: "10.0.0.60/24", gateway: "10.0.0.1" },
      passthrough: [{ mapping: "gpu1", address: "0000:02:00", gpu: "1" }],
      firewall: { enabled: true, rules: [{ type: "in", action: "ACCEPT", proto: "tcp", port: "22" }] },
    },
  ],
};

/** The application's script, in the folder scripts beside the containers' file, which it reads. */
export const removableScript = {
  file: "application.sh",
  text: '#!/bin/bash\nset -e\ngrep -q lxc_configs "$LXC_CONFIG_FILE"\n',
};

export const removableGuests = {
  lxc_configs: {
    "900": container(900, "base", { template, template_snapshot_name: "ready" }),
    "910": container(910, "alpha", {
      ...{
        template,
        state: "running",
        application_script: removableScript.file,
        enable_lifecycle_snapshots: true,
        pool: "web",
        root_ssh_keys: [
          "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGNvbW1lbnRzYXJlZm9ycGVvcGxlYW5kbm90Zm9y ops@lab.example",
        ],
      },
      volumes: [{ name: "data", mount_point: "/srv/data", size_gb: 1, pool: "tank-volumes" }],
      firewall: { enabled: true, rules: [{ type: "in", action: "ACCEPT", proto: "tcp", port: "443" }] },
    }),
    // Stopped: while one that runs has the driver, the driver is not taken away.
    "911": container(911, "beta", { clone_from_ctid: "900", gpu_assignment: "0", state: "stopped" }),
  },
};
