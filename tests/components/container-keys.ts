/** What a change of each key of a container's entry touches. */

/**
 * A key of an entry (`[]` is the first item of a list), its new value (or how it follows from the CTID), and the
 * steps that the change touches.
 */
export type Row = [key: string, value: unknown, ...steps: string[]];

/** A container of its own for each row: one whose entry the row changes. */
export interface Subject {
  ctid: string;
  kind: "clone" | "template";
  /** Whether it has an application's script, a feature of the environment and a hook. */
  scripts: boolean;
  row: Row;
}

/** What was touched: changed, or run again because its container is recreated, or new, or gone; sorted. */
export interface Touched {
  /** By all subjects' rows at once. */
  inContainers: string[];
  /** By each of the host's rows. */
  onHost: string[][];
  /** What the preview says of all subjects' rows at once, a line each. */
  notes: string[];
  /** What it says of each of the host's rows. */
  hostNotes: string[][];
}

/** Every step of a clone with built-in features: what is to be seen when it is recreated. */
const every = [
  ...["configure", "define", "feature-base_setup", "feature-docker", "feature-nvidia", "firewall", "health"],
  ...["idmap", "mounts", "nvidia-driver", "power", "start"],
];

const restart = ["configure", "start"];
const mounts = ["mounts", "start"];
const maps = ["configure", "idmap", "start"];

const volumeRows = (list: "volumes" | "zfs_volumes"): Row[] => {
  return [
    // A volume is known by its name; nothing of it is settled at a start.
    [`${list}[].name`, "renamed", "mounts"],
    [`${list}[].pool`, "tank-more", "mounts"],
    [`${list}[].size_gb`, 9, "mounts"],
    [`${list}[].mount_point`, "/srv/moved", ...mounts],
    [`${list}[].read_only`, true, ...mounts],
    [`${list}[].destroy_on_teardown`, true, "mounts"],
    [`${list}[].backup`, true, ...mounts],
    [`${list}[].acl`, true, ...mounts],
    [`${list}[].quota`, false, ...mounts],
    [`${list}[].replicate`, false, ...mounts],
    [`${list}[].mountoptions`, ["noatime"], ...mounts],
    [`${list}[].description`, "A comment."],
  ];
};

/** Rows for a clone, with scripts of its own and without: with some, every one of them runs them again. */
export const cloneRows: Row[] = [
  ["description", "An application.", "configure"],
  ["state", "stopped", "power"],
  ["shutdown_timeout", 60, "power"],
  ["protect", true, "configure"],
  ["root_ssh_keys", ["ssh-ed25519 AAAA me"], "root-access is new"],
  ["root_password_hash", "$y$j9T$abc$def", "root-access is new"],
  // `pct clone` names it; the built-in features do not ask for its name.
  ["name", (ctid: number) => `renamed${ctid}`, "configure", "define", "start"],
  ["start_at_boot", true, "configure"],
  ["boot_order", 7, "configure"],
  ["boot_delay", 7, "configure"],
  ["memory_mb", 4096, "configure"],
  ["swap_mb", 0, "configure"],
  ["cores", 4, "configure"],
  ["tags", ["web"], "configure"],
  ["pool", "lab/web", "pool is new"],
  ["cpulimit", 1.5, "configure"],
  ["cpuunits", 50, "configure"],
  ["nameserver", ["9.9.9.9"], ...restart],
  ["searchdomain", "lab.example", ...restart],
  ["timezone", "host", ...restart],
  ["tty", 4, ...restart],
  ["cmode", "shell", ...restart],
  ["console", false, ...restart],
  ["clone_from_ctid", "903", ...every],
  ["storage_pool", "tank-more", ...every],
  ["storage_size_gb", 32, "configure"],
  ["rootfs.acl", true, ...restart],
  ["rootfs.quota", false, ...restart],
  ["rootfs.mountoptions", ["noatime"], ...restart],
  ["rootfs.replicate", false, ...restart],
  ["rootfs.description", "A comment."],
  ["network_config.name", "net0", ...restart, "power"],
  ["network_config.bridge", "vmbr1", "configure"],
  ["network_config.ip", (ctid: number) => `10.0.99.${ctid & 255}/16`, "configure"],
  ["network_config.gw", "10.0.0.3", "configure"],
  ["network_config.gw", undefined, "configure"],
  ["network_config.ip6", "auto", "configure"],
  ["network_config.gw6", "fd00::1", "configure"],
  ["network_config.vlan", 7, "configure"],
  ["network_config.mtu", 1400, ...restart],
  ["network_config.rate", 5, "configure"],
  ["network_config.description", "A comment."],
  ["networks[].name", "eth2", "configure"],
  ["networks[].bridge", "vmbr2", "configure"],
  ["networks[].ip", (ctid: number) => `10.1.99.${ctid & 255}/16`, "configure"],
  ["networks[].gw", undefined, "configure"],
  ["networks[].ip6", "fd00::6/64", "configure"],
  ["networks[].gw6", "fd00::1", "configure"],
  ["networks[].vlan", 7, "configure"],
  ["networks[].mtu", 1400, ...restart],
  ["networks[].rate", 5, "configure"],
  [
    "networks[].mac_address",
    (ctid: number) => `52:54:00:98:${String(ctid).slice(0, 2)}:${String(ctid).slice(2)}`,
    "configure",
  ],
  ["networks[].firewall", true, "configure"],
  ["networks[].description", "A comment."],
  ["devices[].path", "/dev/ttyUSB1", ...restart],
  ["devices[].mode", "0666", ...restart],
  ["devices[].uid", 1000, ...restart],
  ["devices[].gid", 1000, ...restart],
  ["devices[].deny_write", true, ...restart],
  ["devices[].description", "A comment."],
  [
    "mac_address",
    (ctid: number) => `52:54:00:99:${String(ctid).slice(0, 2)}:${String(ctid).slice(2)}`,
    "configure",
  ],
  ["id_maps[].kind", "user", ...maps],
  ["id_maps[].guest", 1001, ...maps],
  ["id_maps[].host", 1001, ...maps],
  ["id_maps[].count", 2, ...maps],
  ["id_maps[].description", "A comment."],
  ["gpu_assignment", "1", ...restart],
  ["gpu_assignment", "none", ...["configure", "feature-docker", "health", "nvidia-driver is gone", "start"]],
  ["portainer_role", "agent", "feature-portainer is new", "health"],
  ["apparmor_profile", "unconfined", ...restart],
  // It has its effect with a profile: tests/config/estate.test.ts; without one, a warning.
  ["apparmor_manages_nesting", true],
  ["pct_options", ["nesting=1", "keyctl=1"], ...restart],
  ["lxc_options", ["lxc.cap.drop: sys_rawio"], ...restart],
  ...volumeRows("volumes"),
  ...volumeRows("zfs_volumes"),
  ["dependencies", []],
  ["health_check.command", "false", "health"],
  ["health_check.retries", 9, "health"],
  ["health_check.interval", 9, "health"],
  ["health_check.time_limit", 9, "health"],
  ["health_check.description", "A comment."],
  ["firewall.enabled", false, "configure", "firewall"],
  ["firewall.rules[].type", "out", "firewall"],
  ["firewall.rules[].action", "DROP", "firewall"],
  ["firewall.rules[].source", "10.0.0.6", "firewall"],
  ["firewall.rules[].dest", "10.0.0.0/24", "firewall"],
  ["firewall.rules[].proto", "udp", "firewall"],
  ["firewall.rules[].port", "80", "firewall"],
  ["firewall.rules[].description", "A comment.", "firewall"],
  ["firewall.description", "A comment."],
  ["ports", ["80:80"]],
  ["integration_tests.script", "other.sh", "tests"],
  ["integration_tests.description", "A comment."],
  ["run_integration_tests", false, "tests is gone"],
  ["tests.*", [{ name: "It greets.", path: "other.sh" }], "test-greeting-1"],
  ["application_files", ["other.conf"]],
  ["vllm_model", "Qwen/Qwen2.5-7B"],
  ["vllm_served_model_name", "qwen"],
  ["vllm_model_type", "chat"],
  ["vllm_port", 8000],
  ["vllm_quantization", "awq"],
  ["vllm_max_model_len", 4096],
  ["vllm_gpu_memory_utilization", 0.5],
  ["vllm_tensor_parallel_size", 2],
  ["vllm_trust_remote_code", true],
  ["vllm_parameters", { a: 1 }],
  ["vllm_args", ["--x"]],
];

/** Rows for a clone without scripts of its own. */
export const plainRows: Row[] = [
  ["features", ["base_setup", "nvidia"], "feature-docker is gone", "health"],
  ["application_script", "app.sh", "application is new", "health"],
];

/** Rows for a clone that has an application's script, a feature of the environment and a hook. */
export const scriptRows: Row[] = [
  ["features", ["base_setup", "nvidia", "models"], "feature-docker is gone"],
  ["application_script", "other.sh"],
  ["application_script", undefined, "application is gone"],
];

const everyOfTemplate = ["configure", "define", "feature-base_setup", "idmap", "mounts", "snapshot", "start"];

/** Rows for a container made from a template, which ends in a snapshot. */
export const templateRows: Row[] = [
  // What was installed is the same, so the snapshot is.
  ["name", (ctid: number) => `renamed${ctid}`, "claim", "configure", "start"],
  ["memory_mb", 4096, "configure"],
  // Cores are the provider's, too.
  ["cores", 4, "configure", "define"],
  ["cpulimit", 1.5, "configure", "define"],
  ["storage_size_gb", 32, "configure"],
  // It is there: from then on it is made from the other archive when it is recreated.
  ["template", "tank-library:vztmpl/debian.tar.zst", "configure"],
  ["enable_lifecycle_snapshots", true, "snapshot-final-form is new", "snapshot-pre-configured is new"],
  ["template_snapshot_name", "set", "snapshot"],
  ["template_snapshot_name", undefined, "snapshot is gone"],
  ["root_ssh_keys", ["ssh-ed25519 AAAA me"], "root-access is new", "snapshot"],
  ["storage_pool", "tank-more", ...everyOfTemplate],
  ["unprivileged", false, ...everyOfTemplate.filter((step) => step !== "idmap"), "idmap is gone"],
  ["features", ["base_setup", "docker"], "feature-docker is new", "snapshot"],
];

/** Keys of the host's file that are about containers: what they touch of clone 1000, and names of other resources. */
export const hostRows: Row[] = [
  ["shared_volumes.models.mounts.1000", "/llm", "idmap", ...mounts],
  ["shared_volumes.models.read_only", ["1000"], ...mounts],
  ["shared_volumes.models.directory_mode", "770", "guests-folder-models"],
  [
    "proxmox_defaults.lxc.features",
    "nesting=1,keyctl=1",
    // 1000 has pct_options of its own.
    ...["900", "902", "903"].flatMap((ctid) => [`ct-${ctid}-configure`, `ct-${ctid}-start`]),
  ],
  ["nvidia_driver.cuda_version", "12.9", "feature-nvidia", "health", "test-greeting-1", "tests"],
];

const subject = (kind: Subject["kind"], scripts: boolean) => (row: Row) => ({ kind, scripts, row });

/** From CTID 1000 on; the first is a clone without scripts. */
export const subjects: Subject[] = [
  ...[...cloneRows, ...plainRows].map(subject("clone", false)),
  ...[...cloneRows, ...scriptRows].map(subject("clone", true)),
  ...templateRows.map(subject("template", false)),
].map((one, index) => ({ ...one, ctid: String(1000 + index) }));
