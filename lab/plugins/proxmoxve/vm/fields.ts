import type { WireMap } from "../../shared/wire";
import { zeroOf } from "../bridge/fields";
import type { Field, Fields } from "../bridge/fields";

const text: Field = { kind: "string" };
const number: Field = { kind: "number" };
const flag: Field = { kind: "boolean" };
const texts: Field = { kind: "list" };
const of = (field: Field, more: Partial<Field>): Field => ({ ...field, ...more });

const waitForIp: Fields = { disabled: flag, ipv4: flag, ipv6: flag };

const speed: Fields = {
  iopsRead: number,
  iopsReadBurstable: number,
  iopsWrite: number,
  iopsWriteBurstable: number,
  read: number,
  readBurstable: number,
  write: number,
  writeBurstable: number,
};

const disk: Fields = {
  aio: of(text, { default: "io_uring" }),
  backup: of(flag, { default: true }),
  cache: of(text, { default: "none" }),
  datastoreId: of(text, { default: "local-lvm" }),
  discard: of(text, { default: "ignore" }),
  fileFormat: of(text, { computed: true }),
  fileId: of(text, { replaces: true }),
  importFrom: text,
  interface: of(text, { required: true }),
  iothread: flag,
  pathInDatastore: of(text, { computed: true }),
  queues: number,
  replicate: of(flag, { default: true }),
  serial: text,
  size: of(number, { default: 8 }),
  speed: { kind: "block", fields: speed, default: defaultsOf(speed) },
  ssd: flag,
};

const address: Fields = { address: text, gateway: text };

const initialization: Fields = {
  datastoreId: of(text, { default: "local-lvm" }),
  dns: { kind: "block", default: null, fields: { domain: text, servers: texts } },
  fileFormat: text,
  interface: text,
  ipConfigs: {
    kind: "blocks",
    tf: "ip_config",
    default: [],
    fields: {
      ipv4: { kind: "block", fields: address, default: null },
      ipv6: { kind: "block", fields: address, default: null },
    },
  },
  metaDataFileId: of(text, { replaces: true }),
  networkDataFileId: of(text, { replaces: true }),
  type: of(text, { replaces: true }),
  upgrade: of(flag, { computed: true, zero: null }),
  userAccount: {
    kind: "block",
    default: null,
    fields: { keys: texts, password: of(text, { secret: true }), username: text },
  },
  userDataFileId: of(text, { replaces: true }),
  vendorDataFileId: of(text, { replaces: true }),
};

const networkDevice: Fields = {
  bridge: of(text, { default: "vmbr0" }),
  disconnected: flag,
  enabled: of(flag, { deprecated: true, default: true }),
  firewall: flag,
  macAddress: of(text, { computed: true, suppress: (_before, after) => after === "" || after === null }),
  model: of(text, { default: "virtio" }),
  mtu: number,
  queues: number,
  rateLimit: number,
  trunks: text,
  vlanId: number,
};

const watchdog: Fields = {
  action: of(text, { default: "none" }),
  enabled: flag,
  model: of(text, { default: "i6300esb" }),
};

/** A block's default: each of its properties at its own default, nothing marked. */
export function defaultsOf(fields: Fields): WireMap {
  return Object.fromEntries(
    Object.entries(fields).map(([key, field]) => [key, field.default ?? zeroOf(field)]),
  );
}

/** VmLegacy: `proxmox_virtual_environment_vm`, bpg/proxmox 0.111. */
export const vmFields: Fields = {
  acpi: of(flag, { default: true }),
  agent: {
    kind: "block",
    fields: {
      enabled: flag,
      timeout: of(text, { default: "15m" }),
      trim: flag,
      type: of(text, { default: "virtio" }),
      waitForIp: { kind: "block", fields: waitForIp },
    },
  },
  amdSev: {
    kind: "block",
    default: null,
    replaces: true,
    stable: true,
    fields: {
      allowSmt: of(flag, { default: true }),
      kernelHashes: flag,
      noDebug: flag,
      noKeySharing: flag,
      type: of(text, { default: "std" }),
    },
  },
  audioDevice: {
    kind: "block",
    default: null,
    fields: {
      device: of(text, { default: "intel-hda" }),
      driver: of(text, { default: "spice" }),
      enabled: of(flag, { default: true }),
    },
  },
  bios: of(text, { default: "seabios" }),
  bootOrders: of(texts, { tf: "boot_order", computed: true }),
  cdrom: {
    kind: "block",
    fields: {
      enabled: of(flag, { deprecated: true }),
      fileId: text,
      interface: of(text, { default: "ide3" }),
    },
  },
  clone: {
    kind: "block",
    default: null,
    fields: {
      datastoreId: of(text, { replaces: true }),
      full: of(flag, { default: true, replaces: true }),
      nodeName: of(text, { replaces: true }),
      retries: of(number, { default: 1, replaces: true }),
      vmId: of(number, { required: true, replaces: true }),
    },
  },
  cpu: {
    kind: "block",
    fields: {
      affinity: text,
      architecture: text,
      cores: of(number, { default: 1 }),
      flags: of(texts, { default: [] }),
      hotplugged: number,
      limit: number,
      numa: flag,
      sockets: of(number, { default: 1 }),
      type: of(text, { default: "qemu64" }),
      units: of(number, { computed: true }),
    },
  },
  deleteUnreferencedDisksOnDestroy: of(flag, { default: true }),
  description: text,
  disks: { kind: "blocks", fields: disk, tf: "disk" },
  efiDisk: {
    kind: "block",
    default: null,
    fields: {
      datastoreId: of(text, { default: "local-lvm" }),
      fileFormat: of(text, { computed: true }),
      preEnrolledKeys: flag,
      type: of(text, { default: "2m" }),
    },
  },
  hookScriptFileId: text,
  hostpcis: {
    kind: "blocks",
    tf: "hostpci",
    default: [],
    fields: {
      device: of(text, { required: true }),
      id: text,
      mapping: text,
      mdev: text,
      pcie: flag,
      romFile: text,
      rombar: of(flag, { default: true }),
      xvga: flag,
    },
  },
  hotplug: of(text, { computed: true, zero: null }),
  initialization: { kind: "block", fields: initialization, default: null },
  ipv4Addresses: { kind: "list", output: true },
  ipv6Addresses: { kind: "list", output: true },
  keyboardLayout: of(text, { default: "en-us" }),
  kvmArguments: text,
  macAddresses: { kind: "list", computed: true },
  machine: text,
  memory: {
    kind: "block",
    fields: {
      dedicated: of(number, { default: 512 }),
      floating: number,
      hugepages: text,
      keepHugepages: flag,
      shared: number,
    },
  },
  migrate: flag,
  name: text,
  networkDevices: { kind: "blocks", fields: networkDevice, tf: "network_device" },
  networkInterfaceNames: { kind: "list", output: true },
  nodeName: of(text, { required: true }),
  numas: {
    kind: "blocks",
    tf: "numa",
    default: [],
    fields: {
      cpus: of(text, { required: true }),
      device: of(text, { required: true }),
      hostnodes: text,
      memory: of(number, { required: true }),
      policy: of(text, { default: "preferred" }),
    },
  },
  onBoot: of(flag, { computed: true }),
  operatingSystem: { kind: "block", fields: { type: of(text, { default: "other" }) } },
  poolId: text,
  protection: flag,
  purgeOnDestroy: of(flag, { default: true }),
  reboot: flag,
  rebootAfterUpdate: of(flag, { default: true }),
  rngs: {
    kind: "blocks",
    tf: "rng",
    default: [],
    fields: {
      maxBytes: of(number, { computed: true }),
      period: of(number, { computed: true }),
      source: text,
    },
  },
  scsiHardware: of(text, { default: "virtio-scsi-pci" }),
  serialDevices: {
    kind: "blocks",
    tf: "serial_device",
    default: [{ device: "socket" }],
    fields: { device: of(text, { default: "socket" }) },
  },
  smbios: {
    kind: "block",
    fields: {
      family: text,
      manufacturer: text,
      product: text,
      serial: text,
      sku: text,
      uuid: of(text, { computed: true }),
      version: text,
    },
  },
  started: of(flag, { default: true }),
  startup: {
    kind: "block",
    fields: {
      downDelay: of(number, { default: -1 }),
      order: of(number, { default: -1 }),
      upDelay: of(number, { default: -1 }),
    },
  },
  stopOnDestroy: flag,
  tabletDevice: of(flag, { default: true }),
  tags: of(texts, { unordered: true }),
  template: flag,
  timeoutClone: of(number, { default: 1800 }),
  timeoutCreate: of(number, { default: 1800 }),
  timeoutMigrate: of(number, { default: 1800 }),
  timeoutMoveDisk: of(number, { default: 1800, deprecated: true }),
  timeoutReboot: of(number, { default: 1800 }),
  timeoutShutdownVm: of(number, { default: 1800 }),
  timeoutStartVm: of(number, { default: 1800 }),
  timeoutStopVm: of(number, { default: 300 }),
  tpmState: {
    kind: "block",
    default: null,
    fields: { datastoreId: of(text, { default: "local-lvm" }), version: of(text, { default: "v2.0" }) },
  },
  usbs: { kind: "blocks", tf: "usb", default: [], fields: { host: text, mapping: text, usb3: flag } },
  vga: {
    kind: "block",
    fields: { clipboard: text, memory: of(number, { default: 16 }), type: of(text, { default: "std" }) },
  },
  virtiofs: {
    kind: "blocks",
    tf: "virtiofs",
    default: [],
    fields: {
      cache: of(text, { default: "auto" }),
      directIo: flag,
      exposeAcl: flag,
      exposeXattr: flag,
      mapping: of(text, { required: true }),
    },
  },
  vmId: of(number, { computed: true, replaces: true }),
  watchdog: { kind: "block", fields: watchdog, default: defaultsOf(watchdog) },
};
