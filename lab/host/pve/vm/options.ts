/** Options of a virtual machine: the part of PVE::QemuServer's schema that the lab keeps. */
import { boolean, integer, number, string, type Parameters } from "../schema/types";
import {
  agentFormat,
  cicustomFormat,
  cpu,
  driveFormat,
  hostpciFormat,
  ipconfigFormat,
  machine,
  memory,
  netFormat,
  smbios,
  usbFormat,
  vga,
  watchdog,
} from "./formats";

const O = { optional: true } as const;

export const VM_INTERNAL_KEYS = new Set([
  "cloudinit",
  "parent",
  "snaptime",
  "snapstate",
  "meta",
  "vmstate",
  "runningmachine",
]);

export const DISK = /^(ide[0-3]|sata[0-5]|scsi([0-9]|[12][0-9]|30)|virtio([0-9]|1[0-5])|efidisk0|tpmstate0)$/;

const OS_TYPES = "other, wxp, w2k, w2k3, w2k8, wvista, win7, win8, win10, win11, l24, l26, solaris".split(
  ", ",
);
const CONTROLLERS = "lsi, lsi53c810, virtio-scsi-pci, virtio-scsi-single, megasas, pvscsi".split(", ");

function numbered(prefix: string, count: number, property: Parameters[string]): Parameters {
  return Object.fromEntries(Array.from({ length: count }, (_, n) => [`${prefix}${n}`, property] as const));
}

/** Kept and answered, with nothing behind them in the lab: what they are about is not simulated. */
const KEPT: Parameters = {
  affinity: string(O),
  "allow-ksm": boolean(O),
  "amd-sev": string(O),
  audio0: string(O),
  autostart: boolean(O),
  bootdisk: string(O),
  freeze: boolean(O),
  hugepages: string({ ...O, enum: ["any", "2", "1024"] }),
  "intel-tdx": string(O),
  ivshmem: string(O),
  keephugepages: boolean(O),
  migrate_downtime: number({ ...O, minimum: 0 }),
  migrate_speed: integer({ ...O, minimum: 0 }),
  smp: integer({ ...O, minimum: 1 }),
  spice_enhancements: string(O),
  startdate: string({ ...O, pattern: /^(now|\d{4}-\d{1,2}-\d{1,2}(T\d{1,2}:\d{1,2}:\d{1,2})?)$/ }),
  tdf: boolean(O),
  vmstatestorage: string(O),
  watchdog: string({ ...O, format: watchdog }),
  ...numbered("numa", 8, string(O)),
  ...numbered("parallel", 3, string({ ...O, pattern: /^(\/dev\/parport\d+|\/dev\/usb\/lp\d+)$/ })),
  ...numbered("virtiofs", 10, string(O)),
};

const OPTIONS: Parameters = {
  ...KEPT,
  acpi: boolean(O),
  agent: string({ ...O, format: agentFormat }),
  arch: string({ ...O, enum: ["x86_64", "aarch64"] }),
  args: string(O),
  balloon: integer({ ...O, minimum: 0 }),
  bios: string({ ...O, enum: ["seabios", "ovmf"] }),
  boot: string(O),
  cicustom: string({ ...O, format: cicustomFormat }),
  cipassword: string(O),
  citype: string({ ...O, enum: ["configdrive2", "nocloud", "opennebula"] }),
  ciupgrade: boolean(O),
  ciuser: string(O),
  cores: integer({ ...O, minimum: 1 }),
  cpu: string({ ...O, format: cpu }),
  cpulimit: number({ ...O, minimum: 0, maximum: 128 }),
  cpuunits: integer({ ...O, minimum: 1, maximum: 262144 }),
  description: string({ ...O, maxLength: 8192 }),
  hookscript: string({ ...O, format: "pve-volume-id" }),
  hotplug: string(O),
  keyboard: string({ ...O, pattern: /^[a-z]{2}(-[a-z]{2})?$/ }),
  kvm: boolean(O),
  localtime: boolean(O),
  lock: string({
    ...O,
    enum: [
      "backup",
      "clone",
      "create",
      "migrate",
      "rollback",
      "snapshot",
      "snapshot-delete",
      "suspended",
      "suspending",
    ],
  }),
  machine: string({ ...O, format: machine }),
  memory: string({ ...O, format: memory }),
  name: string({ ...O, format: "dns-name" }),
  nameserver: string(O),
  numa: boolean(O),
  onboot: boolean(O),
  ostype: string({ ...O, enum: OS_TYPES }),
  protection: boolean(O),
  reboot: boolean(O),
  scsihw: string({ ...O, enum: CONTROLLERS }),
  searchdomain: string(O),
  shares: integer({ ...O, minimum: 0, maximum: 50000 }),
  smbios1: string({ ...O, format: smbios, maxLength: 512 }),
  sockets: integer({ ...O, minimum: 1 }),
  sshkeys: string({ ...O, format: "urlencoded" }),
  startup: string({ ...O, format: "pve-startup-order" }),
  tablet: boolean(O),
  tags: string({ ...O, format: "pve-tag-list" }),
  template: boolean(O),
  vcpus: integer({ ...O, minimum: 1 }),
  vga: string({ ...O, format: vga }),
  vmgenid: string(O),
  rng0: string(O),
  ...numbered("ide", 4, string({ ...O, format: driveFormat("ide") })),
  ...numbered("sata", 6, string({ ...O, format: driveFormat("sata") })),
  ...numbered("scsi", 31, string({ ...O, format: driveFormat("scsi") })),
  ...numbered("virtio", 16, string({ ...O, format: driveFormat("virtio") })),
  ...numbered("efidisk", 1, string({ ...O, format: driveFormat("efidisk") })),
  ...numbered("tpmstate", 1, string({ ...O, format: driveFormat("tpmstate") })),
  ...numbered("net", 32, string({ ...O, format: netFormat })),
  ...numbered("ipconfig", 32, string({ ...O, format: ipconfigFormat })),
  ...numbered("hostpci", 16, string({ ...O, format: hostpciFormat })),
  ...numbered("serial", 4, string({ ...O, pattern: /^(\/dev\/.+|socket)$/ })),
  ...numbered("usb", 14, string({ ...O, format: usbFormat })),
  ...numbered("unused", 256, string(O)),
};

export const vmOptions = (): Parameters => OPTIONS;

/** Options whose value a JSON answer gives as a number. */
export function isVmNumeric(key: string): boolean {
  const type = OPTIONS[key]?.type;
  return type === "integer" || type === "number" || type === "boolean" || key === "snaptime";
}
