/** Options of a virtual machine: the part of PVE::QemuServer's schema that the lab keeps. */
import { boolean, integer, number, string, type Parameters, type PropertyString } from "../schema/types";

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

export const diskFormat: PropertyString = {
  file: string({ defaultKey: true }),
  version: string({ ...O, enum: ["v1.2", "v2.0"] }),
  ro: boolean(O),
  shared: boolean(O),
  serial: string(O),
  queues: integer({ ...O, minimum: 2 }),
  mbps_rd: number(O),
  mbps_wr: number(O),
  iops_rd: integer(O),
  iops_wr: integer(O),
  size: string({ ...O, pattern: /^(\d+(\.\d+)?)([KMGT])?$/ }),
  format: string({ ...O, enum: ["raw", "qcow2", "vmdk"] }),
  media: string({ ...O, enum: ["cdrom", "disk"] }),
  "import-from": string(O),
  cache: string({ ...O, enum: ["none", "writethrough", "writeback", "unsafe", "directsync"] }),
  discard: string({ ...O, enum: ["ignore", "on"] }),
  iothread: boolean(O),
  ssd: boolean(O),
  backup: boolean(O),
  replicate: boolean(O),
  aio: string({ ...O, enum: ["native", "threads", "io_uring"] }),
  efitype: string({ ...O, enum: ["2m", "4m"] }),
  "pre-enrolled-keys": boolean(O),
};

export const NET_MODELS =
  "e1000, e1000-82540em, e1000-82544gc, e1000-82545em, e1000e, i82551, i82557b, i82559er, ne2k_isa, ne2k_pci, pcnet, rtl8139, virtio, vmxnet3".split(
    ", ",
  );

/** netN: a model, which may stand as `model=` or before the MAC address as `virtio=BC:24:…`. */
export const netFormat: PropertyString = {
  model: string({ ...O, defaultKey: true, enum: NET_MODELS }),
  ...Object.fromEntries(NET_MODELS.map((model) => [model, string({ ...O, format: "mac-addr" })])),
  macaddr: string({ ...O, format: "mac-addr" }),
  bridge: string({ ...O, pattern: /^[-_.\w\d]+$/ }),
  firewall: boolean(O),
  link_down: boolean(O),
  mtu: integer({ ...O, minimum: 1, maximum: 65520 }),
  queues: integer({ ...O, minimum: 0, maximum: 64 }),
  rate: number({ ...O, minimum: 0 }),
  tag: integer({ ...O, minimum: 1, maximum: 4094 }),
  trunks: string({ ...O, pattern: /^\d+(?:-\d+)?(?:;\d+(?:-\d+)?)*$/ }),
};

export const ipconfigFormat: PropertyString = {
  ip: string({ ...O, format: "pve-ipv4-config" }),
  gw: string({ ...O, format: "ipv4" }),
  ip6: string({ ...O, format: "pve-ipv6-config" }),
  gw6: string({ ...O, format: "ipv6" }),
};

export const hostpciFormat: PropertyString = {
  host: string({
    ...O,
    defaultKey: true,
    pattern: /^([0-9a-f]{4}:)?[0-9a-f]{2}:[0-9a-f]{2}(\.[0-9a-f])?(;.*)?$/i,
  }),
  mapping: string(O),
  pcie: boolean(O),
  "x-vga": boolean(O),
  rombar: boolean(O),
  mdev: string(O),
  romfile: string(O),
  driver: string({ ...O, enum: ["vfio", "keep"] }),
};

export const agentFormat: PropertyString = {
  enabled: boolean({ defaultKey: true }),
  fstrim_cloned_disks: boolean(O),
  "freeze-fs": boolean(O),
  "freeze-fs-on-backup": boolean(O),
  type: string({ ...O, enum: ["virtio", "isa"] }),
};

const machine: PropertyString = {
  type: string({
    ...O,
    defaultKey: true,
    pattern:
      /^(pc|pc(-i440fx)?-\d+(\.\d+)+(\+pve\d+)?(\.pxe)?|q35|pc-q35-\d+(\.\d+)+(\+pve\d+)?(\.pxe)?|virt(?:-\d+(\.\d+)+)?(\+pve\d+)?)$/,
  }),
  viommu: string({ ...O, enum: ["intel", "virtio"] }),
  "enable-s3": boolean(O),
  "enable-s4": boolean(O),
};

export const cicustomFormat: PropertyString = {
  meta: string({ ...O, format: "pve-volume-id" }),
  network: string({ ...O, format: "pve-volume-id" }),
  user: string({ ...O, format: "pve-volume-id" }),
  vendor: string({ ...O, format: "pve-volume-id" }),
};

const smbios: PropertyString = {
  base64: boolean(O),
  family: string(O),
  manufacturer: string(O),
  product: string(O),
  serial: string(O),
  sku: string(O),
  uuid: string({ ...O, pattern: /^[a-fA-F0-9]{8}(?:-[a-fA-F0-9]{4}){3}-[a-fA-F0-9]{12}$/ }),
  version: string(O),
};

const memory: PropertyString = { current: integer({ defaultKey: true, minimum: 16 }) };

function numbered(prefix: string, count: number, property: Parameters[string]): Parameters {
  return Object.fromEntries(Array.from({ length: count }, (_, n) => [`${prefix}${n}`, property] as const));
}

/** Kept and answered, with nothing behind them in the lab: what they are about is not simulated. */
const watchdog: PropertyString = {
  model: string({ ...O, defaultKey: true, enum: ["i6300esb", "ib700"] }),
  action: string({ ...O, enum: ["reset", "shutdown", "poweroff", "pause", "debug", "none"] }),
};

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
  cpu: string(O),
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
  vga: string(O),
  vmgenid: string(O),
  rng0: string(O),
  ...numbered("ide", 4, string({ ...O, format: diskFormat })),
  ...numbered("sata", 6, string({ ...O, format: diskFormat })),
  ...numbered("scsi", 31, string({ ...O, format: diskFormat })),
  ...numbered("virtio", 16, string({ ...O, format: diskFormat })),
  ...numbered("efidisk", 1, string({ ...O, format: diskFormat })),
  ...numbered("tpmstate", 1, string({ ...O, format: diskFormat })),
  ...numbered("net", 32, string({ ...O, format: netFormat })),
  ...numbered("ipconfig", 32, string({ ...O, format: ipconfigFormat })),
  ...numbered("hostpci", 16, string({ ...O, format: hostpciFormat })),
  ...numbered("serial", 4, string({ ...O, pattern: /^(\/dev\/.+|socket)$/ })),
  ...numbered("usb", 14, string(O)),
  ...numbered("unused", 256, string(O)),
};

export const vmOptions = (): Parameters => OPTIONS;

/** Options whose value a JSON answer gives as a number. */
export function isVmNumeric(key: string): boolean {
  const type = OPTIONS[key]?.type;
  return type === "integer" || type === "number" || type === "boolean" || key === "snaptime";
}
