/** phoenix_hypervisor_config.json: the host, its storage, shares, users and virtual machines. */
import { z } from "zod";
import { backups } from "./backup-schema";
import { firewallRule } from "./firewall-schema";
import { initialSetup } from "./initial-setup-schema";
import {
  absolutePath,
  bridge,
  cidr,
  comment,
  containerImage,
  ctidText,
  ipv4,
  line,
  mode,
  passwordHashPattern,
  pattern,
  plain,
  publicKey,
  storageId,
  url,
  userName,
  whole,
  zfsName,
} from "./primitives";
import { shareSchemas } from "./share-schemas";
import { vm, vmDefaults } from "./vm-schema";
import { zfs } from "./zfs-schema";

const users = z
  .strictObject({
    username: userName().describe("Name of the administrator's Linux and Proxmox (pam) user"),
    password_hash: pattern(
      passwordHashPattern,
      "is not a password hash (it is not shown here, in case it is a password)",
    ).describe("The hash that `mkpasswd -m yescrypt` prints, or NOT_SET to leave the password alone"),
    sudo_access: z.boolean().describe("Whether the user joins the group sudo"),
    ssh_public_key: publicKey({ none: true })
      .default("")
      .describe("One line as in a .pub file for authorized_keys; empty for none"),
    description: comment(),
  })
  .describe("The administrator's account");

const corePaths = z
  .strictObject({
    lxc_config_file: plain().describe("Path of the container file in the original's installation"),
    lxc_config_schema_file: plain().describe("Path of its JSON Schema in the original's installation"),
    hf_token_file: plain().describe("Path of the file with the Hugging Face token"),
    docker_token_file: plain().describe("Path of the file with the Docker Hub token"),
    docker_images_path: plain().describe("Path of the folder with Docker build contexts"),
    hypervisor_marker_dir: plain().describe("Path of the folder with the original's marker files"),
    hypervisor_marker: plain().describe("Path of the original's marker of a finished set-up"),
  })
  .partial()
  .describe("Paths of the original's installation");

const port = () => whole(1, 65535);

const network = z
  .strictObject({
    external_registry_url: pattern(
      /^(?!(?:http|ftp):)(?:https:\/\/)?[A-Za-z0-9][A-Za-z0-9._:/-]*$/,
      "is not a registry, such as docker.io/name (not over http, where anybody on the way can change an image)",
    )
      .optional()
      .describe("Registry for container images, such as docker.io/name"),
    portainer_server_ip: ipv4().optional().describe("IPv4 address of the Portainer server's container"),
    portainer_server_port: port().default(9443).describe("Port of the Portainer web interface, 1 to 65535"),
    portainer_agent_port: port().default(9001).describe("Port of the Portainer agents, 1 to 65535"),
    interfaces: z
      .strictObject({
        name: bridge().describe("Bridge that guests join, at most 15 characters, such as vmbr0"),
        address: cidr().describe("The host's own IPv4 address with its prefix length, such as 10.0.0.13/24"),
        gateway: ipv4().describe("IPv4 address of the gateway, in the same subnet"),
        dns_nameservers: pattern(/^[0-9.]+([ ,]+[0-9.]+)*$/, "is not a list of IPv4 addresses").describe(
          "IPv4 addresses of the name servers, separated by spaces",
        ),
        description: comment(),
      })
      .describe("The host's bridge"),
    default_subnet: cidr().optional().describe("Subnet that may reach the NFS exports, such as 10.0.0.0/24"),
    nfs_server: ipv4().optional().describe("IPv4 address that the host serves NFS on"),
    description: comment(),
  })
  .describe("The host's network");

const features = pattern(
  /^([a-z_]+=[A-Za-z0-9_./;-]+(,[a-z_]+=[A-Za-z0-9_./;-]+)*)?$/,
  "is not a list of key=value",
).describe("Proxmox container features, comma-separated, such as nesting=1,keyctl=1");

const proxmoxDefaults = z
  .strictObject({
    zfs_lxc_pool: zfsName("is not a dataset")
      .optional()
      .describe("Dataset for container disks, as pool/dataset"),
    lxc: z
      .strictObject({
        cores: whole(1, 8192).default(2).describe("CPU cores of a container"),
        memory_mb: whole(16, 134217728).default(2048).describe("Memory of a container in MB"),
        network_config: plain().optional().describe("address/prefix,gateway,nameserver of a container"),
        features: features.default("nesting=1"),
        security: z
          .enum(["default", "unconfined"])
          .default("default")
          .describe("AppArmor profile of containers"),
        nesting: whole(0, 1).optional().describe("1 to add nesting=1 to the features, else 0"),
        description: comment(),
      })
      .prefault({})
      .describe("Defaults of containers"),
    description: comment(),
  })
  .describe("Defaults of guests");

const nvidiaDriver = z
  .strictObject({
    install: z.boolean().describe("Whether the host gets the NVIDIA driver when it has a card"),
    version: pattern(/^[0-9]+(\.[0-9]+)+$/, "is not a driver version", 40).describe(
      "Driver version of host and guests, such as 580.76.05",
    ),
    runfile_url: url().describe("URL of the driver's .run installer"),
    runfile_sha256: pattern(/^[0-9A-Fa-f]{64}$/, "is not a SHA-256 checksum")
      .optional()
      .describe(
        "SHA-256 checksum of that file, 64 hexadecimal digits; without it only the file's own is checked",
      ),
    dkms: z
      .boolean()
      .default(true)
      .describe("Whether DKMS builds the driver for each new kernel; without it a new kernel has no driver"),
    reboot: z
      .boolean()
      .default(true)
      .describe("Whether the host may restart when the driver needs it; the preview says so"),
    cuda_version: pattern(/^[0-9]+\.[0-9]+$/, "is not a CUDA version", 20)
      .optional()
      .describe("CUDA version of the guests, such as 12.8"),
    install_vllm_libs: z
      .boolean()
      .default(false)
      .describe("Whether guests get the libraries that vLLM needs"),
    description: comment(),
  })
  .describe("The NVIDIA driver");

const behavior = z
  .strictObject({
    rollback_on_failure: z
      .boolean()
      .default(false)
      .describe("Whether a container in which a step fails goes back to its state before that run"),
    debug_mode: z.boolean().default(false).describe("Whether logs are verbose"),
  })
  .describe("Run-time behaviour of the original's scripts");

const policy = (traffic: string) =>
  z.enum(["ACCEPT", "DROP", "REJECT"]).describe(`What happens to ${traffic} traffic that no rule names`);

const firewall = z
  .strictObject({
    enabled: z.boolean().describe("Whether the firewall of the datacenter is on"),
    default_input_policy: policy("incoming"),
    default_output_policy: policy("outgoing"),
    rules: z
      .array(firewallRule)
      .default([])
      .describe("Rules for traffic to and from the host, the first that fits wins"),
    description: comment(),
  })
  .describe("The firewall of the datacenter: of the host itself, and what the guests' own need to count");

const sharedVolume = z
  .strictObject({
    host_path: absolutePath().describe("Folder on the host, below a dataset's mount point /<pool>/<dataset>"),
    owner: pattern(/^([a-z_][a-z0-9_-]{0,31}|[0-9]{1,10})$/, "is not a Linux user name")
      .optional()
      .describe("Owner on the host: a user name, or container_root for the mapped root (100000)"),
    directory_mode: mode().optional().describe("Octal mode of the folders, 775 by default"),
    file_mode: mode().optional().describe("Octal mode of the files, 664 by default"),
    mounts: z
      .record(ctidText(), absolutePath().describe("Folder in the container that shows the shared one"))
      .describe("Folder in the container by CTID"),
    read_only: z
      .array(ctidText().describe("CTID in quotes"))
      .default([])
      .describe("CTIDs in quotes of the containers that may only read it"),
    description: comment(),
  })
  .describe("A folder of the host that containers share");

/** The whole file. Keys it does not name give warnings, never errors. */
export const hypervisorSchema = z
  .strictObject({
    $schema: line().optional().describe("JSON Schema for editors"),
    description: comment(),
    version: pattern(/^[0-9]+\.[0-9]+\.[0-9]+[A-Za-z0-9.+-]*$/, "is not a version of three numbers")
      .optional()
      .describe("Version of this file, such as 1.0.0"),
    author: line().optional().describe("Who wrote this file"),
    users: users.optional(),
    core_paths: corePaths.optional(),
    timezone: pattern(/^[A-Za-z0-9_+-]+(\/[A-Za-z0-9_+-]+)*$/, "is not a time zone").describe(
      "Time zone of the host, such as America/New_York",
    ),
    initial_setup: initialSetup.prefault({}),
    network,
    docker: z
      .strictObject({
        portainer_server_image: containerImage().describe("Image of the Portainer server"),
        portainer_agent_image: containerImage().describe("Image of the Portainer agent"),
      })
      .optional()
      .describe("Images for Docker"),
    ...shareSchemas,
    zfs,
    proxmox_storage_ids: z
      .record(
        pattern(/^[A-Za-z0-9_.-]+$/, "is not a key such as <pool>_<dataset with - as _>"),
        storageId().describe("Storage id"),
      )
      .default({})
      .describe("Storage ids by <pool>_<dataset with - as _>; any other dataset's is <pool>-<dataset>"),
    mount_point_base: absolutePath().optional().describe("Folder that the original mounted datasets below"),
    proxmox_defaults: proxmoxDefaults.prefault({}),
    vm_defaults: vmDefaults.optional(),
    vms: z.array(vm).default([]).describe("Virtual machines"),
    nvidia_driver: nvidiaDriver.optional(),
    behavior: behavior.optional(),
    shared_volumes: z
      .record(
        pattern(/^[\p{L}\p{N}][\p{L}\p{M}\p{N} ._+@-]*$/u, "is not a name for a shared folder", 80),
        sharedVolume,
      )
      .default({})
      .describe("Shared folders by name"),
    firewall: firewall.optional(),
    backups,
  })
  .describe("Phoenix: the host, its storage, shares, users and virtual machines");

/** phoenix_hypervisor_config.json with defaults applied. */
export type HypervisorConfig = z.output<typeof hypervisorSchema>;
