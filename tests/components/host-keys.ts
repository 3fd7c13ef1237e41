/** A host's file with everything in it, and for each key another value: some resource must be another one then. */

export type Json = Record<string, unknown>;

const hash = (salt: string) => `$6$${salt}$abcdefghijklmnop`;
const key = (name: string) => `ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI${name}`;
const sha256 = (digit: string) => digit.repeat(64);

/** Every key that needs another to have a meaning stands here with it. */
export function host(): Json {
  return {
    timezone: "Etc/UTC",
    users: { username: "ops", password_hash: hash("a"), sudo_access: true, ssh_public_key: key("a") },
    initial_setup: { hostname: "node", upgrade: "once", nodesource: false, ufw: true },
    network: {
      interfaces: { name: "vmbr0", address: "10.0.0.2/16", gateway: "10.0.0.1", dns_nameservers: "10.0.0.1" },
      default_subnet: "10.0.0.0/16",
      nfs_server: "10.0.0.2",
    },
    docker: { portainer_server_image: "portainer/portainer-ce", portainer_agent_image: "portainer/agent" },
    nfs: { exports: [{ path: "tank/media", clients: ["10.0.0.0/16"], options: ["rw", "no_root_squash"] }] },
    samba: {
      user: "ops",
      shares: [{ name: "media", path: "tank/media", options: "browseable=yes", valid_users: ["ops"] }],
    },
    zfs: {
      arc_max_gb: 8,
      pools: [
        { name: "tank", raid_level: "mirror", disks: ["/dev/disk/by-id/a", "/dev/disk/by-id/b"] },
        {
          name: "deep",
          vdevs: [{ raid_level: "mirror", disks: ["/dev/disk/by-id/c", "/dev/disk/by-id/d"] }],
        },
        { name: "last", raid_level: "single", disks: ["/dev/disk/by-id/e", "/dev/disk/by-id/h"] },
      ],
      datasets: [
        {
          name: "guests",
          pool: "tank",
          properties: "",
          proxmox_storage_type: "zfspool",
          proxmox_content_type: "rootdir,images",
        },
        {
          name: "media",
          pool: "tank",
          properties: "",
          proxmox_storage_type: "dir",
          proxmox_content_type: "iso,vztmpl",
        },
        {
          name: "files",
          pool: "tank",
          properties: "",
          proxmox_storage_type: "dir",
          proxmox_content_type: "snippets,import",
        },
        {
          name: "spare",
          pool: "tank",
          properties: "",
          proxmox_storage_type: "dir",
          proxmox_content_type: "snippets,import",
        },
        {
          name: "other",
          pool: "last",
          properties: "",
          proxmox_storage_type: "zfspool",
          proxmox_content_type: "rootdir,images",
        },
      ],
    },
    proxmox_defaults: { lxc: { features: "keyctl=1" } },
    proxmox_storage_ids: { tank_media: "media" },
    vm_defaults: {
      template: "https://mirror.test/a.qcow2",
      image_checksum: `sha256:${sha256("a")}`,
      image_storage: "tank-files",
      snippets_storage: "tank-files",
      cores: 2,
      memory_mb: 2048,
      disk_size_gb: 20,
      storage_pool: "tank-guests",
      network_bridge: "vmbr0",
      cloud_init: { user: "ops", ip: "10.0.0.50/16", gateway: "10.0.0.1" },
    },
    // The first takes all from the defaults, the second has everything itself, the others are there to be cloned.
    vms: [
      { name: "plain", vmid: 9100 },
      {
        name: "whole",
        vmid: 9101,
        ...{ template: "https://mirror.test/b.qcow2", image_checksum: `sha256:${sha256("b")}` },
        ...{
          image_storage: "tank-files",
          snippets_storage: "tank-files",
          cores: 2,
          memory_mb: 2048,
          disk_size_gb: 20,
        },
        ...{ storage_pool: "tank-guests", network_bridge: "vmbr0", machine: "q35", agent: true },
        cloud_init: { user: "ops", ip: "10.0.0.51/16", gateway: "10.0.0.1" },
        passthrough: [{ mapping: "card", address: "0000:01:00" }],
        nfs_volumes: [{ export: "/tank/media", mount_point: "/srv/media" }],
        health_check: { command: "true" },
        firewall: {
          enabled: true,
          rules: [
            { type: "in", action: "ACCEPT", source: "10.0.0.5", dest: "10.0.0.6", proto: "tcp", port: "80" },
          ],
        },
        disks: [{ interface: "scsi1", size_gb: 4 }],
      },
      { name: "copy", vmid: 9102, clone_from: "source", cloud_init: { ip: "10.0.0.52/16" } },
      { name: "source", vmid: 9103, is_template: true, agent: true, cloud_init: { ip: "10.0.0.53/16" } },
      { name: "source2", vmid: 9104, is_template: true, agent: true, cloud_init: { ip: "10.0.0.54/16" } },
    ],
    backups: {
      all: { schedule: "daily", storage: "local", all: true },
      some: {
        ...{ schedule: "02:30", storage: "local", guests: ["900"], retention: { keep_last: 2 } },
        ...{ fleecing: { storage: "local-lvm" }, performance: { max_workers: 2 } },
      },
      pooled: { schedule: "02:30", storage: "local", pool: "lab" },
    },
    nvidia_driver: {
      install: true,
      version: "580.1",
      runfile_url: "https://mirror.test/580.1.run",
      cuda_version: "12.8",
    },
    shared_volumes: { models: { host_path: "/tank/media/llm", mounts: { "900": "/models" } } },
    firewall: {
      enabled: true,
      default_input_policy: "DROP",
      default_output_policy: "ACCEPT",
      rules: [
        { type: "in", action: "ACCEPT", source: "10.0.0.0/16", dest: "10.0.0.2", proto: "tcp", port: "80" },
      ],
    },
  };
}

/** A container that has the driver and mounts what is shared, and one for Portainer's agent. */
export function guests(): Json {
  return {
    lxc_configs: {
      "900": {
        ...{
          name: "ct900",
          memory_mb: 1024,
          cores: 2,
          template: "media:vztmpl/debian.tar.zst",
          unprivileged: true,
        },
        ...{
          storage_pool: "tank-guests",
          storage_size_gb: 16,
          features: ["nvidia", "docker"],
          gpu_assignment: "0",
        },
        network_config: { name: "eth0", bridge: "vmbr0", ip: "10.0.0.9/16", gw: "10.0.0.1" },
        portainer_role: "server",
      },
      "901": {
        ...{ name: "ct901", memory_mb: 1024, cores: 2, template: "media:vztmpl/debian.tar.zst" },
        ...{ storage_pool: "tank-guests", storage_size_gb: 16, unprivileged: true, features: ["docker"] },
        network_config: { name: "eth0", bridge: "vmbr0", ip: "10.0.0.10/16", gw: "10.0.0.1" },
        portainer_role: "agent",
      },
    },
  };
}

/** A key (`[]` is the first item of a list, `*` the first name of a map), its place in the sample, its other value. */
export type Row = [key: string, place: string, value: unknown];

/** What a row changes. */
export interface Changed {
  /** Names of what is registered differently. */
  touched: string[];
  /** What the preview says of it, a line each. */
  notes: string[];
}

const same = (key: string, value: unknown): Row => [key, key.replaceAll("[]", ".0"), value];

const vmValues: Record<string, unknown> = {
  cores: 4,
  memory_mb: 4096,
  disk_size_gb: 30,
  template: "https://mirror.test/other.qcow2",
  image_checksum: `sha256:${sha256("c")}`,
  image_storage: "tank-spare",
  storage_pool: "last-other",
  snippets_storage: "tank-spare",
  network_bridge: "vmbr1",
  vlan: 7,
  cpu_type: "host",
  cpu_flags: ["+aes"],
  cpulimit: 1.5,
  cpuunits: 200,
  sockets: 2,
  numa: true,
  balloon_mb: 0,
  machine: "i440fx",
  uefi: true,
  boot_devices: ["net0"],
  agent: false,
  start_at_boot: true,
  "cloud_init.user": "me",
  "cloud_init.ssh_keys": [key("b")],
  "cloud_init.password_hash": hash("b"),
  "cloud_init.ip": "10.0.0.99/16",
  "cloud_init.gateway": "10.0.0.3",
  "cloud_init.dns_servers": ["10.0.0.4"],
  "cloud_init.search_domain": "example.org",
};

export const rows: Row[] = [
  same("users.username", "boss"),
  same("users.password_hash", hash("b")),
  same("users.sudo_access", false),
  same("users.ssh_public_key", key("b")),
  same("timezone", "Europe/Berlin"),
  same("initial_setup.hostname", "other"),
  same("initial_setup.upgrade", "2026-01-31"),
  same("initial_setup.nodesource", true),
  same("initial_setup.ufw", false),
  same("network.interfaces.name", "vmbr9"),
  same("network.interfaces.address", "10.0.0.3/16"),
  same("network.interfaces.gateway", "10.0.0.4"),
  same("network.interfaces.dns_nameservers", "10.0.0.5"),
  same("network.default_subnet", "10.1.0.0/16"),
  same("network.nfs_server", "10.0.0.7"),
  same("nfs.exports[].path", "tank/files"),
  same("nfs.exports[].clients", ["10.0.0.0/16", "10.0.0.2"]),
  same("nfs.exports[].options", ["ro", "no_root_squash"]),
  same("samba.user", "smb"),
  same("samba.shares[].name", "films"),
  same("samba.shares[].path", "tank/files"),
  same("samba.shares[].options", "browseable=no"),
  same("samba.shares[].valid_users", ["smb"]),
  same("zfs.arc_max_gb", 9),
  ["zfs.pools[].name", "zfs.pools.1.name", "deeper"],
  ["zfs.pools[].raid_level", "zfs.pools.2.raid_level", "mirror"],
  ["zfs.pools[].disks", "zfs.pools.2.disks", ["/dev/disk/by-id/f"]],
  ["zfs.pools[].vdevs[].raid_level", "zfs.pools.1.vdevs.0.raid_level", "single"],
  ["zfs.pools[].vdevs[].disks", "zfs.pools.1.vdevs.0.disks", ["/dev/disk/by-id/c", "/dev/disk/by-id/g"]],
  same("zfs.pools[].wipe_disks", ["/dev/disk/by-id/a"]),
  same("zfs.pools[].take_over_from", "oldhost"),
  same("zfs.pools[].unequal_disks", true),
  same("zfs.pools[].autotrim", false),
  same("zfs.pools[].properties", "recordsize=1M"),
  same("zfs.pools[].scrub", "weekly"),
  same("zfs.pools[].destroy_on_teardown", true),
  ["zfs.datasets[].name", "zfs.datasets.3.name", "spare2"],
  ["zfs.datasets[].pool", "zfs.datasets.3.pool", "last"],
  same("zfs.datasets[].properties", "recordsize=16K"),
  ["zfs.datasets[].proxmox_storage_type", "zfs.datasets.4.proxmox_storage_type", "dir"],
  ["zfs.datasets[].proxmox_content_type", "zfs.datasets.4.proxmox_content_type", "images"],
  same("zfs.datasets[].destroy_on_teardown", true),
  ["proxmox_storage_ids.*", "proxmox_storage_ids.last_other", "renamed"],
  same("proxmox_defaults.lxc.features", "fuse=1"),
  same("proxmox_defaults.lxc.security", "unconfined"),
  same("proxmox_defaults.lxc.nesting", 1),
  ...Object.entries(vmValues).map(([name, value]): Row => [
    `vm_defaults.${name}`,
    `vm_defaults.${name}`,
    value,
  ]),
  ...Object.entries({ ...vmValues, agent: true, "cloud_init.ip": "10.0.0.98/16" }).map(([name, value]): Row =>
    // What runs inside needs the agent, and a PCIe device q35: the plain machine can do without.
    ["agent", "machine"].includes(name)
      ? [`vms[].${name}`, `vms.0.${name}`, name === "agent" ? false : value]
      : [`vms[].${name}`, `vms.1.${name}`, value],
  ),
  ["vms[].name", "vms.0.name", "renamed"],
  ["vms[].vmid", "vms.0.vmid", 9200],
  ["vms[].clone_from", "vms.2.clone_from", "source2"],
  ["vms[].clone_mode", "vms.2.clone_mode", "linked"],
  ["vms[].tags", "vms.1.tags", ["web"]],
  ["vms[].mac_address", "vms.1.mac_address", "52:54:00:00:00:01"],
  ["vms[].boot_order", "vms.1.boot_order", 7],
  ["vms[].boot_delay", "vms.1.boot_delay", 7],
  ["vms[].state", "vms.1.state", "stopped"],
  ["vms[].shutdown_timeout", "vms.1.shutdown_timeout", 60],
  ["vms[].protect", "vms.1.protect", true],
  ["vms[].is_template", "vms.0.is_template", true],
  ["vms[].passthrough[].mapping", "vms.1.passthrough.0.mapping", "gpu"],
  ["vms[].passthrough[].address", "vms.1.passthrough.0.address", "0000:02:00"],
  ["vms[].passthrough[].pcie", "vms.1.passthrough.0.pcie", false],
  ["vms[].passthrough[].primary_gpu", "vms.1.passthrough.0.primary_gpu", true],
  ["vms[].disks[].interface", "vms.1.disks.0.interface", "scsi2"],
  ["vms[].disks[].size_gb", "vms.1.disks.0.size_gb", 8],
  ["vms[].disks[].storage_pool", "vms.1.disks.0.storage_pool", "local-lvm"],
  ["vms[].disks[].cache", "vms.1.disks.0.cache", "writeback"],
  ["vms[].disks[].discard", "vms.1.disks.0.discard", true],
  ["vms[].disks[].ssd", "vms.1.disks.0.ssd", true],
  ["vms[].disks[].iothread", "vms.1.disks.0.iothread", true],
  ["vms[].disks[].backup", "vms.1.disks.0.backup", false],
  ["vms[].disks[].destroy_on_teardown", "vms.1.disks.0.destroy_on_teardown", true],
  ["vms[].nfs_volumes[].server", "vms.1.nfs_volumes.0.server", "10.0.0.8"],
  ["vms[].nfs_volumes[].export", "vms.1.nfs_volumes.0.export", "/tank/files"],
  ["vms[].nfs_volumes[].mount_point", "vms.1.nfs_volumes.0.mount_point", "/srv/films"],
  ["vms[].nfs_volumes[].read_only", "vms.1.nfs_volumes.0.read_only", true],
  ["vms[].nfs_volumes[].options", "vms.1.nfs_volumes.0.options", "vers=4.2"],
  ["vms[].features", "vms.1.features", ["docker"]],
  ["vms[].post_create_scripts", "vms.1.post_create_scripts", ["app.sh"]],
  ["vms[].health_check.command", "vms.1.health_check.command", "false"],
  ["vms[].health_check.retries", "vms.1.health_check.retries", 7],
  ["vms[].health_check.interval", "vms.1.health_check.interval", 7],
  ["vms[].health_check.time_limit", "vms.1.health_check.time_limit", 7],
  ...Object.entries({
    ...{ enabled: false, "rules[].type": "out", "rules[].action": "DROP", "rules[].source": "10.0.1.0/24" },
    ...{ "rules[].dest": "10.0.0.3", "rules[].proto": "udp", "rules[].port": "81" },
  }).map(([name, value]): Row => [
    `vms[].firewall.${name}`,
    `vms.1.firewall.${name.replace("[]", ".0")}`,
    value,
  ]),
  ["vms[].snapshots", "vms.1.snapshots", ["ready"]],
  ["vms[].dependencies", "vms.1.dependencies", ["plain"]],
  ...Object.entries({
    ...{ schedule: "03:30", storage: "nfs-media", guests: ["plain"], mode: "stop", compress: "gzip" },
    ...{ protected: true, notes_template: "{{vmid}}", enabled: false, repeat_missed: true, comment: "mine" },
    ...{ bwlimit: 1024, ionice: 8, zstd: 2, pigz: 2, lockwait: 60, stopwait: 5, stdexcludes: false },
    ...{ exclude_path: ["/srv"], pbs_change_detection_mode: "data", notification_mode: "auto" },
    ...{ mailto: ["ops"], mailnotification: "failure", node: "node" },
    ...{ "fleecing.enabled": false, "fleecing.storage": "tank-guests" },
    ...{ "performance.max_workers": 4, "performance.pbs_entries_max": 4096 },
    ...{ "retention.keep_last": 3, "retention.keep_hourly": 3, "retention.keep_daily": 3 },
    ...{ "retention.keep_weekly": 3, "retention.keep_monthly": 3, "retention.keep_yearly": 3 },
  }).map(([name, value]): Row => [`backups.*.${name}`, `backups.some.${name}`, value]),
  ["backups.*.retention.keep_all", "backups.all.retention.keep_all", true],
  ["backups.*.exclude", "backups.all.exclude", ["900"]],
  ["backups.*.pool", "backups.pooled.pool", "other"],
  ["backups.*.all", "backups.pooled", { schedule: "02:30", storage: "local", all: true }],
  same("firewall.enabled", false),
  same("firewall.default_input_policy", "REJECT"),
  same("firewall.default_output_policy", "DROP"),
  same("firewall.rules[].type", "out"),
  same("firewall.rules[].action", "DROP"),
  same("firewall.rules[].source", "10.0.1.0/24"),
  same("firewall.rules[].dest", "10.0.0.3"),
  same("firewall.rules[].proto", "udp"),
  same("firewall.rules[].port", "81"),
  same("nvidia_driver.install", false),
  same("nvidia_driver.version", "580.2"),
  same("nvidia_driver.runfile_url", "https://mirror.test/other-580.1.run"),
  same("nvidia_driver.runfile_sha256", sha256("d")),
  same("nvidia_driver.dkms", false),
  same("nvidia_driver.reboot", false),
  same("nvidia_driver.cuda_version", "12.9"),
  same("docker.portainer_server_image", "mirror.test/portainer-ce"),
  same("docker.portainer_agent_image", "mirror.test/agent"),
  same("network.portainer_server_port", 8443),
  same("network.portainer_agent_port", 9002),
  same("behavior.rollback_on_failure", true),
  ["shared_volumes.*.host_path", "shared_volumes.models.host_path", "/tank/media/other"],
  ["shared_volumes.*.owner", "shared_volumes.models.owner", "ops"],
  ["shared_volumes.*.directory_mode", "shared_volumes.models.directory_mode", "770"],
  ["shared_volumes.*.mounts.*", "shared_volumes.models.mounts.900", "/llm"],
  ["shared_volumes.*.read_only", "shared_volumes.models.read_only", ["900"]],
];
