/** Property strings of a virtual machine's options: the part of PVE::QemuServer's that the lab keeps. */
import { boolean, integer, number, string, type PropertyString } from "../schema/types";

const O = { optional: true } as const;

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
  detect_zeroes: boolean(O),
  efitype: string({ ...O, enum: ["2m", "4m"] }),
  "pre-enrolled-keys": boolean(O),
  "ms-cert": string({ ...O, enum: ["2011", "2023", "2023w", "2023k"] }),
};

/** Keys that disks of each bus have beside what all have (PVE::QemuServer::Drive). */
const OF_BUS: Record<string, readonly string[]> = {
  ide: ["ssd"],
  sata: ["ssd"],
  scsi: ["iothread", "product", "queues", "ro", "ssd", "vendor"],
  virtio: ["iothread", "ro"],
};
const OF_STATE: Record<string, readonly string[]> = {
  efidisk: ["file", "format", "size", "import-from", "efitype", "pre-enrolled-keys", "ms-cert"],
  tpmstate: ["file", "format", "size", "import-from", "version"],
};
const OF_SOME = new Set([
  ...Object.values(OF_BUS).flat(),
  "efitype",
  "pre-enrolled-keys",
  "ms-cert",
  "version",
]);

/** What a drive of this bus may say. */
export function driveFormat(bus: string): PropertyString {
  const has = (key: string) =>
    OF_STATE[bus]?.includes(key) ?? (!OF_SOME.has(key) || OF_BUS[bus]?.includes(key) === true);
  return Object.fromEntries(Object.entries(diskFormat).filter(([key]) => has(key)));
}

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

export const machine: PropertyString = {
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

export const smbios: PropertyString = {
  base64: boolean(O),
  family: string(O),
  manufacturer: string(O),
  product: string(O),
  serial: string(O),
  sku: string(O),
  uuid: string({ ...O, pattern: /^[a-fA-F0-9]{8}(?:-[a-fA-F0-9]{4}){3}-[a-fA-F0-9]{12}$/ }),
  version: string(O),
};

export const memory: PropertyString = { current: integer({ defaultKey: true, minimum: 16 }) };

/** PVE::QemuServer::CPUConfig, without what the lab has no use for. */
export const cpu: PropertyString = {
  cputype: string({ ...O, defaultKey: true, format: "pve-cpu-type" }),
  flags: string({ ...O, format: "pve-vm-cpu-flags" }),
  hidden: boolean(O),
  "hv-vendor-id": string({ ...O, pattern: /^[a-zA-Z0-9]{1,12}$/ }),
  "phys-bits": string({ ...O, pattern: /^([0-9]{1,2}|host)$/ }),
};

export const vga: PropertyString = {
  type: string({
    ...O,
    defaultKey: true,
    enum: "cirrus, qxl, qxl2, qxl3, qxl4, none, serial0, serial1, serial2, serial3, std, virtio, virtio-gl, vmware".split(
      ", ",
    ),
  }),
  memory: integer({ ...O, minimum: 4, maximum: 512 }),
  clipboard: string({ ...O, enum: ["vnc"] }),
};

const USB_ID = "(?:0x)?[0-9A-Fa-f]{4}:(?:0x)?[0-9A-Fa-f]{4}";
const USB_PORT = "\\d+-\\d+(?:\\.\\d+)*";

export const usbFormat: PropertyString = {
  host: string({
    ...O,
    defaultKey: true,
    pattern: new RegExp(`^(?:${USB_ID}|${USB_PORT}|[Ss][Pp][Ii][Cc][Ee])$`),
  }),
  mapping: string({ ...O, format: "pve-configid" }),
  usb3: boolean(O),
};

export const watchdog: PropertyString = {
  model: string({ ...O, defaultKey: true, enum: ["i6300esb", "ib700"] }),
  action: string({ ...O, enum: ["reset", "shutdown", "poweroff", "pause", "debug", "none"] }),
};
