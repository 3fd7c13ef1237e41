import { atLeast, notEmpty } from "../bridge/rules";
import type { Fields } from "../bridge/fields";
import * as block from "./blockFields";
import { defaultsOf, flag, number, of, text, texts } from "./blockFields";
import * as rules from "./rules";

/** A list as text without its order. */
function sorted(list: unknown): string {
  return (typeof list === "string" ? list : "").split(",").sort().join(",");
}

/** VmLegacy: `proxmox_virtual_environment_vm`, bpg/proxmox 0.111. */
export const vmFields: Fields = {
  acpi: of(flag, { default: true }),
  agent: {
    kind: "block",
    fields: {
      enabled: flag,
      timeout: of(text, { default: "15m", valid: rules.duration }),
      trim: flag,
      type: of(text, { default: "virtio", valid: rules.agentType }),
      waitForIp: { kind: "block", fields: block.waitForIp },
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
      type: of(text, { default: "std", valid: rules.sevType }),
    },
  },
  audioDevice: {
    kind: "block",
    default: null,
    fields: {
      device: of(text, { default: "intel-hda", valid: rules.audioDevice }),
      driver: of(text, { default: "spice", valid: rules.audioDriver }),
      enabled: of(flag, { default: true }),
    },
  },
  bios: of(text, { default: "seabios", valid: rules.bios }),
  bootOrders: of(texts, { tf: "boot_order", computed: true }),
  cdrom: {
    kind: "block",
    fields: {
      enabled: of(flag, { deprecated: true }),
      fileId: of(text, { valid: rules.cdromFile }),
      interface: of(text, { default: "ide3", valid: rules.cdromInterface }),
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
      vmId: of(number, { required: true, replaces: true, valid: rules.vmId }),
    },
  },
  cpu: {
    kind: "block",
    fields: {
      affinity: of(text, { valid: rules.affinity }),
      architecture: of(text, { valid: rules.architecture }),
      cores: of(number, { default: 1, valid: rules.cpuCount }),
      flags: of(texts, { default: [] }),
      hotplugged: of(number, { valid: rules.hotplugged }),
      limit: of(number, { valid: rules.cpuLimit }),
      numa: flag,
      sockets: of(number, { default: 1, valid: rules.sockets }),
      type: of(text, { default: "qemu64", valid: rules.cpuType }),
      units: of(number, { computed: true, valid: rules.cpuUnits }),
    },
  },
  deleteUnreferencedDisksOnDestroy: of(flag, { default: true }),
  // Kept without the blanks around it, as the node keeps it.
  description: of(text, { stored: (value) => value.trim().replaceAll("\r\n", "\n") }),
  disks: { kind: "blocks", fields: block.disk, tf: "disk", most: 31 },
  efiDisk: {
    kind: "block",
    default: null,
    fields: {
      datastoreId: of(text, { default: "local-lvm" }),
      fileFormat: of(text, { computed: true, valid: rules.fileFormat }),
      preEnrolledKeys: flag,
      type: of(text, { default: "2m", valid: rules.efiType }),
    },
  },
  hookScriptFileId: text,
  hostpcis: {
    kind: "blocks",
    tf: "hostpci",
    most: 16,
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
  hotplug: of(text, {
    computed: true,
    zero: null,
    valid: rules.hotplug,
    suppress: (before, after) => sorted(before) === sorted(after),
  }),
  initialization: { kind: "block", fields: block.initialization, default: null },
  ipv4Addresses: { kind: "list", output: true },
  ipv6Addresses: { kind: "list", output: true },
  keyboardLayout: of(text, { default: "en-us", valid: rules.keyboard }),
  kvmArguments: text,
  macAddresses: { kind: "list", computed: true },
  machine: of(text, { valid: rules.machine }),
  memory: {
    kind: "block",
    fields: {
      dedicated: of(number, { default: 512, valid: rules.memory }),
      floating: of(number, { valid: rules.moreMemory }),
      hugepages: of(text, { valid: rules.hugepages }),
      keepHugepages: flag,
      shared: of(number, { valid: rules.moreMemory }),
    },
  },
  migrate: flag,
  name: of(text, { valid: rules.dnsName }),
  networkDevices: {
    kind: "blocks",
    fields: block.networkDevice,
    tf: "network_device",
    most: 32,
    computed: true,
  },
  networkInterfaceNames: { kind: "list", output: true },
  nodeName: of(text, { required: true, valid: notEmpty }),
  numas: {
    kind: "blocks",
    tf: "numa",
    most: 8,
    default: [],
    fields: {
      cpus: of(text, { required: true, valid: rules.ranges }),
      device: of(text, { required: true, valid: rules.numaDevice }),
      hostnodes: of(text, { valid: rules.ranges }),
      memory: of(number, { required: true, valid: rules.memory }),
      policy: of(text, { default: "preferred", valid: rules.numaPolicy }),
    },
  },
  onBoot: of(flag, { computed: true }),
  operatingSystem: { kind: "block", fields: { type: of(text, { default: "other", valid: rules.osType }) } },
  poolId: of(text, { suppress: (before, after) => after === "" && before !== "" && before !== null }),
  protection: flag,
  purgeOnDestroy: of(flag, { default: true }),
  reboot: flag,
  rebootAfterUpdate: of(flag, { default: true }),
  rngs: {
    kind: "blocks",
    tf: "rng",
    default: [],
    fields: {
      maxBytes: of(number, { computed: true, valid: atLeast(1) }),
      period: of(number, { computed: true, valid: atLeast(1) }),
      source: of(text, { required: true, valid: notEmpty }),
    },
  },
  scsiHardware: of(text, { default: "virtio-scsi-pci", valid: rules.scsiHardware }),
  serialDevices: {
    kind: "blocks",
    tf: "serial_device",
    most: 4,
    default: [{ device: "socket" }],
    fields: { device: of(text, { default: "socket", valid: rules.serialDevice }) },
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
    fields: {
      datastoreId: of(text, { default: "local-lvm" }),
      version: of(text, { default: "v2.0", valid: rules.tpmVersion }),
    },
  },
  usbs: {
    kind: "blocks",
    tf: "usb",
    most: 4,
    default: [],
    fields: { host: text, mapping: text, usb3: flag },
  },
  vga: {
    kind: "block",
    fields: {
      clipboard: of(text, { valid: rules.vgaClipboard }),
      memory: of(number, { default: 16, valid: rules.vgaMemory }),
      type: of(text, { default: "std", valid: rules.vgaType }),
    },
  },
  virtiofs: {
    kind: "blocks",
    tf: "virtiofs",
    most: 8,
    default: [],
    fields: {
      cache: of(text, { default: "auto", valid: rules.virtiofsCache }),
      directIo: flag,
      exposeAcl: flag,
      exposeXattr: flag,
      mapping: of(text, { required: true, valid: notEmpty }),
    },
  },
  vmId: of(number, { computed: true, replaces: true, valid: rules.vmId }),
  watchdog: { kind: "block", fields: block.watchdog, default: defaultsOf(block.watchdog) },
};
