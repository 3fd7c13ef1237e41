/** `vm_defaults` and `vms` of phoenix_hypervisor_config.json. */
import { z } from "zod";
import { guestFirewall } from "./firewall-schema";
import { addressPattern } from "./ipv4";
import { powerState, protectedGuest } from "./power";
import {
  absolutePath,
  archive,
  bridge,
  comment,
  domain,
  featureName,
  guestText,
  imageChecksum,
  ipv4,
  mac,
  pattern,
  publicKey,
  scriptName,
  shellCommand,
  storageId,
  text,
  userName,
  whole,
} from "./primitives";
import { disks } from "./vm-disks";
import { hardwareKeys } from "./vm-hardware";
import { isoKeys } from "./vm-iso";
import { firstCardAddress, firstCardKeys, networks } from "./vm-networks";
import { optionKeys, ownOptionKeys } from "./vm-options";

/** The hashes that Proxmox VE takes as they are; any other text it takes for a password in clear and hashes. */
const passwordHash = () =>
  pattern(
    /^\$(?:[156]|2[ay])\$[./A-Za-z0-9$=]+\$[./A-Za-z0-9]+$/,
    "is not a password hash that Proxmox VE takes for one (it is not shown here, in case it is a password)",
  ).describe("The hash that `mkpasswd -m sha-512` prints: yescrypt and others Proxmox VE would hash again");

const sshKey = () => publicKey({ none: false }).describe("One line as in a .pub file");

const cloudInit = z
  .strictObject({
    user: userName()
      .optional()
      .describe("Name of the user, with sudo; the image's own without it, such as ubuntu or debian"),
    ssh_keys: z.array(sshKey()).default([]).describe("Public keys that may log in as that user"),
    password_hash: passwordHash().optional(),
    ip: pattern(addressPattern, "is neither dhcp nor an IPv4 address with a prefix length")
      .default("dhcp")
      .describe("dhcp, or IPv4 address with its prefix length, such as 10.0.0.50/24"),
    gateway: ipv4().optional().describe("IPv4 address of the gateway, in the same subnet; not with dhcp"),
    ...firstCardAddress,
    dns_servers: z
      .array(ipv4().describe("IPv4 address"))
      .default([])
      .describe("Name servers; the node's own without it"),
    search_domain: domain()
      .optional()
      .describe("Domain that short names are looked up in; the node's own without it"),
    description: comment(),
  })
  .describe("What cloud-init sets up at the first start, and again when it changes");

const passthrough = z
  .strictObject({
    mapping: pattern(/^[A-Za-z][A-Za-z0-9_-]{1,}$/, "is not the name of a mapping").describe(
      "Name of the PCI mapping in Proxmox, two characters or more",
    ),
    address: pattern(/^([0-9a-fA-F]{4}:)?[0-9a-fA-F]{2}:[0-9a-fA-F]{2}(\.[0-7])?$/, "is not a PCI address")
      .optional()
      .describe(
        "PCI address, such as 0000:01:00 for all functions of a card: then the mapping is made; without it, it must be there",
      ),
    gpu: pattern(
      /^([0-9]+|GPU-[0-9a-fA-F-]+|([0-9a-fA-F]{4,8}:)?[0-9a-fA-F]{2}:[0-9a-fA-F]{2}\.[0-7])$/,
      "is not a GPU",
    )
      .optional()
      .describe("The GPU behind it as gpu_assignment names it: index, PCI address or UUID"),
    pcie: z.boolean().default(true).describe("Whether it is a PCIe device; needs machine q35"),
    primary_gpu: z.boolean().default(false).describe("Whether it is the machine's screen"),
    description: comment(),
  })
  .describe("A device of the host that the virtual machine has to itself");

const nfsVolume = z
  .strictObject({
    server: pattern(/^[A-Za-z0-9][A-Za-z0-9.-]*$/, "is not a host name or IPv4 address")
      .optional()
      .describe("Name or address of the NFS server; network.nfs_server, else the host's own, without it"),
    export: absolutePath().describe("Path of the export on the server"),
    mount_point: absolutePath().describe("Folder in the virtual machine"),
    read_only: z.boolean().default(false).describe("Whether it may only be read"),
    options: pattern(/^[a-z0-9_=.]+(,[a-z0-9_=.]+)*$/, "is not a list of mount options")
      .default("vers=4.2,soft,timeo=30,retrans=3,_netdev,nofail")
      .describe("Mount options, as in /etc/fstab"),
    description: comment(),
  })
  .describe("An NFS export that is mounted in the virtual machine");

const healthCheck = z
  .strictObject({
    command: shellCommand().describe("Command run in the virtual machine; exit status 0 means healthy"),
    retries: whole(1, 1000).default(3).describe("Number of tries, 1 to 1000"),
    interval: whole(1, 3600).default(5).describe("Seconds between two tries, 1 to 3600"),
    time_limit: whole(1, 3600).default(30).describe("Seconds one try may take, 1 to 3600"),
    description: comment(),
  })
  .describe("How to tell that the virtual machine works");

/** What an entry may say and vm_defaults may say for it. A default stands at the merged value, not here. */
const settings = {
  cores: whole(1, 8192).describe("CPU cores of the virtual machine, of each of its sockets"),
  memory_mb: whole(512, 134217728).describe("Memory of the virtual machine in MB, 512 or more"),
  disk_size_gb: whole(10, 131072).describe("Size of the virtual machine's disk in GB, 10 or more"),
  template: archive().describe(
    "Disk image: ubuntu-24.04, ubuntu-22.04, debian-13 or debian-12 for the cloud image of that release, " +
      "a URL, a volume such as local:import/x.qcow2, a path on the node, or none for an empty disk",
  ),
  image_checksum: imageChecksum(),
  image_storage: storageId().describe(
    "Storage with content import that a downloaded image is kept on; the files' own, else local",
  ),
  storage_pool: storageId().describe("Proxmox storage of the virtual machine's disk"),
  snippets_storage: storageId().describe(
    "Storage with content snippets, for the file that installs the guest agent; the files' own, else local",
  ),
  network_bridge: bridge().describe("Bridge the virtual machine joins, such as vmbr0"),
  vlan: whole(1, 4094).describe("VLAN tag of the interface, 1 to 4094"),
  ...firstCardKeys,
  cpu_type: pattern(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, "is not a CPU type", 80).describe(
    "CPU type that the guest sees, x86-64-v2-AES by default; host for all of the node's features",
  ),
  ...optionKeys,
  machine: z.enum(["q35", "i440fx"]).describe("Machine type, q35 by default"),
  uefi: z.boolean().describe("Whether it starts by UEFI (OVMF) instead of SeaBIOS; false by default"),
  boot_devices: z
    .array(pattern(/^(scsi|virtio|sata|ide|net)[0-9]+$/, "is not a device", 20).describe("Device"))
    .min(1)
    .describe("Devices it starts from in this order; scsi0 by default, then its CD (ide3) where it has iso"),
  agent: z
    .boolean()
    .describe(
      "Whether the QEMU guest agent is installed and waited for; true by default, but with template none. Scripts need it",
    ),
  start_at_boot: z.boolean().describe("Whether it starts with the host; false by default"),
  cloud_init: cloudInit,
};

/** Keys of vm_defaults that an entry needs from somewhere. */
export const neededOfVm = ["cores", "memory_mb", "storage_pool", "network_bridge"] as const;

/** What a virtual machine has unless its own entry says otherwise. */
export const vmDefaults = z
  .strictObject({ ...settings, description: comment() })
  .partial()
  .describe("What a virtual machine has unless its own entry says otherwise");

/** One entry of `vms`. */
export const vm = z
  .strictObject({
    name: text().describe("Host name of the virtual machine: letters, digits, - and ."),
    vmid: whole(100, 999999999)
      .optional()
      .describe("VMID, 100 to 999999999; the first free one from 9000 without it, kept once chosen"),
    ...z.object(settings).partial().shape,
    clone_from: guestText()
      .optional()
      .describe("Name of the virtual machine, with is_template, that it is cloned from"),
    clone_mode: z
      .enum(["full", "linked"])
      .default("full")
      .describe("full for a copy of the disk; linked for one that lives on the template's blocks"),
    ...ownOptionKeys,
    networks,
    ...hardwareKeys,
    ...isoKeys,
    disks,
    mac_address: mac().optional(),
    boot_order: whole(0, 100000).optional().describe("Place in the order of starting, 0 first"),
    boot_delay: whole(0, 86400)
      .optional()
      .describe("Seconds to wait after starting it, and when stopping it"),
    state: powerState(),
    shutdown_timeout: whole(1, 3600)
      .default(120)
      .describe("Seconds it may take to shut down before it is stopped hard, 1 to 3600"),
    protect: protectedGuest(),
    is_template: z
      .boolean()
      .default(false)
      .describe("Whether it becomes a template that others are cloned from once it is set up"),
    passthrough: z.array(passthrough).default([]).describe("Devices of the host that it has to itself"),
    nfs_volumes: z.array(nfsVolume).default([]).describe("NFS exports that are mounted in it"),
    features: z
      .array(featureName().describe("Name of a feature: built in, or a script feature_<name>.sh"))
      .default([])
      .describe("Features to install, in this order, as in a container"),
    post_create_scripts: z
      .array(scriptName().describe("File name of a script in the environment's folder scripts"))
      .default([])
      .describe("Scripts run in the virtual machine once it is up, in this order"),
    health_check: healthCheck.optional(),
    firewall: guestFirewall.optional(),
    snapshots: z
      .array(
        pattern(/^[A-Za-z][A-Za-z0-9_-]{1,39}$/, "is not the name of a snapshot").describe(
          "Name of a snapshot",
        ),
      )
      .default([])
      .describe("Snapshots taken once when everything before is right"),
    dependencies: z
      .array(guestText().describe("CTID in quotes, or VMID or name of a virtual machine"))
      .default([])
      .describe("Guests that must run before this one"),
    description: comment(),
  })
  .describe("A virtual machine");

/** One entry of `vms`. */
export type VmConfig = z.output<typeof vm>;
/** `vm_defaults`. */
export type VmDefaults = z.output<typeof vmDefaults>;
