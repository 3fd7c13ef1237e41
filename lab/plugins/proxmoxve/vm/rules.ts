import { atLeast, any, between, matches, oneOf, orEmpty } from "../bridge/rules";
import type { Rule } from "../bridge/rules";

/** What bpg/proxmox 0.111 allows of a machine's properties (proxmoxtf/resource/vm/validators.go and vm.go). */
export const bios = oneOf("ovmf", "seabios");
export const agentType = oneOf("isa", "virtio");
export const sevType = oneOf("std", "es", "snp");
export const audioDevice = oneOf("AC97", "ich9-intel-hda", "intel-hda");
export const audioDriver = oneOf("spice");
export const architecture = oneOf("", "aarch64", "x86_64");
export const cpuCount = between(1, 2304);
export const hotplugged = between(0, 2304);
export const cpuLimit: Rule = (value, name) =>
  Number(value) >= 0 && Number(value) <= 128
    ? []
    : [`expected ${name} to be in the range (0.000000 - 128.000000), got ${Number(value).toFixed(6)}`];
export const sockets = between(1, 16);
export const cpuUnits = between(1, 262144);
export const affinity = matches(/^\d+[\d\-,]*$/, "must contain numbers or number ranges separated by ','");
export const aio = oneOf("io_uring", "native", "threads");
export const cache = oneOf("none", "writethrough", "writeback", "unsafe", "directsync");
export const fileFormat = oneOf("qcow2", "raw", "vmdk");
export const efiType = oneOf("2m", "4m");
export const serialNumber: Rule = (value, name) =>
  String(value).length <= 20
    ? []
    : [`expected length of ${name} to be in the range (0 - 20), got ${String(value)}`];
export const diskQueues: Rule = (value, name) =>
  Number(value) === 0
    ? []
    : atLeast(2)(value, name).flatMap((fault) => [
        `expected ${name} to be one of [0], got ${String(value)}`,
        fault,
      ]);
export const diskSize = atLeast(1);
export const cloudInitInterface = orEmpty(
  matches(/^ide[0-3]|sata[0-5]|scsi(?:30|[12][0-9]|[0-9])$/, "one of ide0..3|sata0..5|scsi0..30"),
);
export const cloudInitType = oneOf("configdrive2", "nocloud");
export const cdromInterface = matches(
  /^(ide[0-3]|sata[0-5]|scsi([0-9]|1[0-3]))$/,
  "must be one of `ide[0-3]`, `sata[0-5]`, `scsi[0-13]`",
);
export const keyboard = oneOf(
  ..."da de de-ch en-gb en-us es fi fr fr-be fr-ca fr-ch hu is it ja lt mk nl no pl pt pt-br sl sv tr".split(
    " ",
  ),
);
export const machine = matches(
  /^$|^(pc|pc(-i440fx)?-\d+(\.\d+)+(\+pve\d+)?(\.pxe)?|q35(,viommu=(intel|virtio))?|pc-q35-\d+(\.\d+)+(\+pve\d+)?(\.pxe)?|virt(?:-\d+(\.\d+)+)?(\+pve\d+)?)$/,
  "must be a valid machine type",
);
export const memory = between(64, 268435456);
export const moreMemory = between(0, 268435456);
export const hugepages = oneOf("1024", "2", "any");
export const dnsName = orEmpty(
  matches(
    /^[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*$/,
    "must be a valid DNS name",
  ),
);
export const networkModel = oneOf("e1000", "e1000e", "rtl8139", "virtio", "vmxnet3");
export const networkQueues = between(0, 64);
export const macAddress: Rule = (value, name) =>
  value === "" || /^[A-F0-9]{2}(:[A-F0-9]{2}){5}$/i.test(String(value))
    ? []
    : [`expected "${name}" to be a valid MAC address (A0:B1:C2:D3:E4:F5), got "${String(value)}"`];
export const ranges = matches(
  /^\d+(?:-\d+)?(?:;\d+(?:-\d+)?)*$/,
  "must contain numbers or number ranges separated by ';'",
);
export const numaPolicy = oneOf("bind", "interleave", "preferred");
export const osType = oneOf(
  ..."l24 l26 other solaris w2k w2k3 w2k8 win7 win8 win10 win11 wvista wxp".split(" "),
);
export const scsiHardware = oneOf(
  ..."lsi lsi53c810 virtio-scsi-pci virtio-scsi-single megasas pvscsi".split(" "),
);
export const serialDevice: Rule = (value, name) =>
  value === "socket" || String(value).startsWith("/dev/")
    ? []
    : [`expected ${name} to be '/dev/*' or 'socket'`];
export const tpmVersion = oneOf("v1.2", "v2.0");
export const vgaClipboard = oneOf("", "vnc");
export const vgaMemory = between(4, 512);
export const vgaType = oneOf(
  ..."cirrus none qxl qxl2 qxl3 qxl4 serial0 serial1 serial2 serial3 std virtio virtio-gl vmware".split(" "),
);
export const virtiofsCache = oneOf("auto", "always", "metadata", "never");
export const watchdogAction = oneOf("debug", "none", "pause", "poweroff", "reset", "shutdown");
export const watchdogModel = oneOf("i6300esb", "ib700");

/** From 100 on; -1 is an old way to say none. */
export const vmId: Rule = (value, name) =>
  Number(value) === -1 ? [] : between(100, 2147483647)(value, name);

/** A Go duration such as `15m` or `1h30m`. */
export const duration: Rule = (value, name) =>
  /^[+-]?(0|((\d+\.?\d*|\.\d+)(ns|us|µs|ms|s|m|h))+)$/.test(String(value))
    ? []
    : [`expected value of ${name} to be a duration - got: ${String(value)}`];

/** `storage:folder/file`. */
export const fileId: Rule = (value, name) =>
  value === "" || /^[a-z\d\-_.]+:([a-z\d\-_]+\/)?.+$/i.test(String(value))
    ? []
    : [
        `expected ${name} to be a valid file identifier (datastore-name:iso/some-file.img), got ${String(value)}`,
      ];

/** A file, an empty text for the node's own drive, or the drive's special words. */
export const cdromFile = any(oneOf("none", "cdrom"), fileId);

export const hotplug: Rule = (value, name) => {
  if (["", "0", "1"].includes(String(value))) return [];
  const parts = String(value).split(",");
  const unknown = parts.find((part) => !["cpu", "disk", "memory", "network", "usb"].includes(part));
  if (unknown !== undefined)
    return [
      `${name}: "${unknown}" is not a valid hotplug feature (must be cpu, disk, memory, network, usb, 0, or 1)`,
    ];
  const double = parts.find((part, index) => parts.indexOf(part) !== index);
  return double === undefined ? [] : [`${name}: duplicate hotplug feature "${double}"`];
};

const customCpu = matches(/^custom-.+$/, "must be a valid custom CPU type");
const cpuTypes =
  "486 Broadwell Broadwell-IBRS Broadwell-noTSX Broadwell-noTSX-IBRS Cascadelake-Server Cascadelake-Server-noTSX " +
  "Cascadelake-Server-v2 Cascadelake-Server-v4 Cascadelake-Server-v5 Conroe Cooperlake Cooperlake-v2 EPYC EPYC-Genoa " +
  "EPYC-IBPB EPYC-Milan EPYC-Rome EPYC-Rome-v2 EPYC-Rome-v3 EPYC-Rome-v4 EPYC-v3 EPYC-v4 Haswell Haswell-IBRS " +
  "Haswell-noTSX Haswell-noTSX-IBRS Icelake-Client Icelake-Client-noTSX Icelake-Server Icelake-Server-noTSX " +
  "Icelake-Server-v3 Icelake-Server-v4 Icelake-Server-v5 Icelake-Server-v6 IvyBridge IvyBridge-IBRS KnightsMill " +
  "Nehalem Nehalem-IBRS Opteron_G1 Opteron_G2 Opteron_G3 Opteron_G4 Opteron_G5 Penryn SandyBridge SandyBridge-IBRS " +
  "SapphireRapids Skylake-Client Skylake-Client-IBRS Skylake-Client-noTSX-IBRS Skylake-Client-v4 Skylake-Server " +
  "Skylake-Server-IBRS Skylake-Server-noTSX-IBRS Skylake-Server-v4 Skylake-Server-v5 Westmere Westmere-IBRS athlon " +
  "core2duo coreduo host kvm32 kvm64 max pentium pentium2 pentium3 phenom qemu32 qemu64 x86-64-v2 x86-64-v2-AES " +
  "x86-64-v3 x86-64-v4";
export const cpuType = any(oneOf(...cpuTypes.split(" ")), customCpu);
export const numaDevice = matches(
  /^numa\d+$/,
  "numa node device ID must be in the format 'numaX' where X is a number",
);
