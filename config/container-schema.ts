/** One container of phoenix_lxc_configs.json. */
import { z } from "zod";
import { optionKeys } from "./container-options";
import { devices } from "./devices";
import { guestFirewall } from "./firewall-schema";
import { idMaps } from "./id-maps";
import { mountOptionKeys, rootfs } from "./mount-options";
import { address4, cardKeys, interfaceName, networks } from "./networks";
import { powerState, protectedGuest } from "./power";
import {
  absolutePath,
  archive,
  bridge,
  carriedName,
  comment,
  ctidText,
  guestText,
  featureName,
  ipv4,
  line,
  mac,
  pattern,
  portPattern,
  rawLine,
  scriptName,
  shellCommand,
  storageId,
  text,
  whole,
} from "./primitives";
import { rootAccessKeys } from "./root-access";
import { vllmKeys } from "./vllm-schema";

const networkConfig = z
  .strictObject({
    name: interfaceName().describe("Network interface in the container, at most 15 characters, such as eth0"),
    bridge: bridge().describe("Bridge of the host, such as vmbr0"),
    ip: address4().describe("IPv4 address with its prefix length, such as 10.0.0.200/24, or dhcp or manual"),
    gw: ipv4()
      .optional()
      .describe("IPv4 address of the gateway, in the same subnet; not with dhcp or manual"),
    ...cardKeys,
    description: comment(),
  })
  .describe("The container's network, its card net0");

const gpu = "(?:[0-9]{1,2}|[0-9A-Fa-f]{4}:[0-9A-Fa-f]{2}:[0-9A-Fa-f]{2}\\.[0-7]|GPU-[0-9A-Fa-f-]{36})";

const volume = z
  .strictObject({
    name: pattern(/^[A-Za-z0-9][A-Za-z0-9_.-]*$/, "is not a volume name").describe(
      "Name of the volume: letters, digits, _ . and -",
    ),
    pool: storageId().describe("Proxmox storage of the volume"),
    size_gb: whole(1, 131072).describe("Size of the volume in GB"),
    mount_point: absolutePath().describe("Folder in the container"),
    read_only: z.boolean().default(false).describe("Whether the container may only read it"),
    destroy_on_teardown: z
      .boolean()
      .default(false)
      .describe("Whether the volume and its data are destroyed together with the container"),
    ...mountOptionKeys,
    description: comment(),
  })
  .describe("A volume of the container's own");

const healthCheck = z
  .strictObject({
    command: shellCommand().describe("Command run in the container; exit status 0 means healthy"),
    retries: whole(1, 1000).default(3).describe("Number of tries, 1 to 1000"),
    interval: whole(1, 3600).default(5).describe("Seconds between two tries, 1 to 3600"),
    time_limit: whole(1, 3600).default(30).describe("Seconds one try may take, 1 to 3600"),
    description: comment(),
  })
  .describe("How to tell that the container works");

/** One container; sizes as the original's schema limits them. */
export const containerSchema = z
  .strictObject({
    description: comment(),
    name: text().describe("Host name of the container: letters, digits, - and ., at most 63 characters"),
    state: powerState(),
    shutdown_timeout: whole(1, 3600)
      .default(120)
      .describe("Seconds it may take to shut down before it is stopped hard, 1 to 3600"),
    protect: protectedGuest(),
    ...rootAccessKeys,
    start_at_boot: z.boolean().default(false).describe("Whether the container starts with the host"),
    boot_order: whole(0, 100000).optional().describe("Place in the order of starting, 0 first"),
    boot_delay: whole(0, 86400)
      .optional()
      .describe("Seconds to wait after starting it, and when stopping it"),
    memory_mb: whole(512, 131072).describe("Memory in MB, 512 to 131072"),
    swap_mb: whole(0, 131072).default(512).describe("Swap in MB, 0 to 131072"),
    cores: whole(1, 32).describe("CPU cores, 1 to 32"),
    ...optionKeys,
    template: archive()
      .optional()
      .describe(
        "Template archive: storage:vztmpl/file, the path of a file on a dataset, or a bare file name",
      ),
    clone_from_ctid: ctidText().optional().describe("CTID in quotes of the container it is cloned from"),
    template_snapshot_name: pattern(
      /^(?!current$)[A-Za-z][A-Za-z0-9_-]{1,39}$/,
      "is not a snapshot name Proxmox accepts",
    )
      .optional()
      .describe(
        "Snapshot that clones start from: a letter, then letters, digits, _ and -, 2 to 40 in all, not current",
      ),
    storage_pool: storageId().describe("Proxmox storage of the root disk"),
    storage_size_gb: whole(10, 1024).describe("Size of the root disk in GB, 10 to 1024"),
    rootfs,
    network_config: networkConfig,
    networks,
    devices,
    mac_address: mac().optional(),
    unprivileged: z
      .boolean()
      .default(true)
      .describe("Whether the container's root is an ordinary user of the host; a clone's is as its source's"),
    features: z
      .array(
        featureName().describe(
          "base_setup, nvidia, docker, python_api_service, or the name of a script feature_<name>.sh of the environment",
        ),
      )
      .default([])
      .describe("What is installed in the container, in this order"),
    id_maps: idMaps.default([]),
    gpu_assignment: pattern(new RegExp(`^(none|${gpu}( *, *${gpu})*)$`), "is not a GPU assignment", 1024)
      .default("none")
      .describe("none, or GPUs separated by commas: indices such as 0,1, PCI addresses or UUIDs"),
    portainer_role: z
      .enum(["server", "agent", "infrastructure", "none"])
      .default("none")
      .describe(
        "What of Portainer runs in it: its server or agent, with Docker; infrastructure is for its scripts",
      ),
    apparmor_profile: pattern(/^[A-Za-z0-9_.:/-]+$/, "is not the name of an AppArmor profile")
      .optional()
      .describe("AppArmor profile, such as unconfined; Proxmox's own without it"),
    apparmor_manages_nesting: z
      .boolean()
      .default(false)
      .describe("Whether its own AppArmor profile manages nesting: raw lines take the place of the feature"),
    pct_options: z
      .array(line().describe("A Proxmox container feature as key=value, such as nesting=1"))
      .optional()
      .describe(
        "Proxmox container features as key=value, such as nesting=1; proxmox_defaults.lxc.features without it",
      ),
    lxc_options: z
      .array(
        rawLine().describe(
          "A raw LXC setting as key=value or key: value, such as lxc.apparmor.profile=unconfined",
        ),
      )
      .default([])
      .describe("Raw LXC settings in the container's configuration, in this order"),
    volumes: z.array(volume).default([]).describe("Volumes of the container's own"),
    zfs_volumes: z.array(volume).default([]).describe("Volumes of the container's own on ZFS"),
    dependencies: z
      .array(guestText().describe("CTID in quotes, or VMID or name of a virtual machine"))
      .default([])
      .describe("Guests that must run before this one"),
    application_script: scriptName()
      .optional()
      .describe(
        "File name, in the environment's folder scripts, of the script that installs the application",
      ),
    application_files: z
      .array(carriedName().describe("Name of a file or folder in the folder scripts, or its path from there"))
      .optional()
      .describe("What is carried into the container beside the application's script"),
    health_check: healthCheck.optional(),
    firewall: guestFirewall.optional(),
    ports: z
      .array(
        pattern(new RegExp(`^${portPattern}:${portPattern}$`), "is not a pair of ports").describe(
          "Ports as outer:inner, such as 8080:80",
        ),
      )
      .default([])
      .describe("Ports the application serves, as outer:inner: for its script, and of Portainer's server"),
    integration_tests: z
      .strictObject({
        script: scriptName().describe("File name of the script in the environment's folder tests"),
        description: comment(),
      })
      .optional()
      .describe("Tests of the application, run on the node with the CTID behind its health check"),
    run_integration_tests: z.boolean().default(false).describe("Whether integration_tests run"),
    tests: z
      .record(
        pattern(/^[A-Za-z0-9_-]{1,40}$/, "is not the name of a test suite"),
        z.array(
          z
            .strictObject({
              name: line().describe("What is tested"),
              type: z.literal("script").default("script").describe("Kind of test"),
              path: carriedName().describe("The script, by its path in the environment's folder tests"),
              description: comment(),
            })
            .describe("A test: a script that runs in the container and fails with another exit code than 0"),
        ),
      )
      .optional()
      .describe("Tests of what is installed, by suite; they run in the container behind its health check"),
    enable_lifecycle_snapshots: z
      .boolean()
      .optional()
      .describe(
        "Whether it gets the snapshots pre-configured, before its features, and final-form, at the end",
      ),
    ...vllmKeys,
  })
  .describe("A container");
