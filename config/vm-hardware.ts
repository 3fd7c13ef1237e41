/** Firmware, screen, serial ports and USB devices of a virtual machine. */
import { z } from "zod";
import { comment, pattern, storageId, whole } from "./primitives";

const efiDisk = z
  .strictObject({
    type: z
      .enum(["4m", "2m"])
      .default("4m")
      .describe("Size of the variables; 4m is needed for Secure Boot. It stays as it was made"),
    pre_enrolled_keys: z
      .boolean()
      .default(false)
      .describe("Whether Microsoft's keys are in it, so that Secure Boot is on. It stays as it was made"),
    storage_pool: storageId().optional().describe("Proxmox storage of it; the machine's without it"),
    description: comment(),
  })
  .describe("The disk with the variables of UEFI, which every machine with uefi has");

const tpm = z
  .strictObject({
    version: z.enum(["v2.0", "v1.2"]).default("v2.0").describe("Version of the TPM. It stays as it was made"),
    storage_pool: storageId().optional().describe("Proxmox storage of its state; the machine's without it"),
    description: comment(),
  })
  .describe(
    "A TPM, such as Windows 11 asks for, with a restart. Its state goes with the machine; without the key it is detached and kept",
  );

const vga = z
  .strictObject({
    type: z
      .enum(["std", "virtio", "virtio-gl", "qxl", "cirrus", "vmware", "serial0", "serial1", "none"])
      .describe("Graphics card: qxl for SPICE, serial0 for the serial port in its place, or none"),
    memory_mb: whole(4, 512).optional().describe("Its memory in MB, 4 to 512; by type without it"),
    description: comment(),
  })
  .describe("The machine's screen; std by default. A change restarts the machine");

const usb = z
  .strictObject({
    device: pattern(
      /^(?:[0-9A-Fa-f]{4}:[0-9A-Fa-f]{4}|[0-9]+-[0-9]+(?:\.[0-9]+)*|spice)$/,
      "is neither vendor:product nor bus-port, nor spice",
    ).describe("vendor:product such as 10c4:ea60, the port such as 1-2.3, both as lsusb prints, or spice"),
    usb3: z.boolean().optional().describe("Whether it is one of USB 3; false by default"),
    description: comment(),
  })
  .describe("A USB device of the host");

/** Spread into the schema of an entry. */
export const hardwareKeys = {
  efi_disk: efiDisk.optional(),
  tpm: tpm.optional(),
  vga: vga.optional(),
  serial: z
    .array(
      pattern(
        /^(?:socket|\/dev\/[A-Za-z0-9/._+@=:-]+)$/,
        "is neither socket nor the path of a device",
      ).describe("socket, which qm terminal connects to, or the path of a serial port of the host"),
    )
    .min(1)
    .max(4)
    .optional()
    .describe("Serial ports serial0 to serial3; one socket by default. A change restarts the machine"),
  usb: z
    .array(usb)
    .max(14)
    .optional()
    .describe("USB devices of the host that it has; plugged in and out while it runs"),
};

type HardwareKeys = z.output<z.ZodObject<typeof hardwareKeys>>;

export interface EfiDisk {
  type: string;
  preEnrolledKeys: boolean;
  storage: string;
}

export interface Hardware {
  efiDisk?: EfiDisk;
  tpm?: { version: string; storage: string };
  /** Options of qm.conf(5), by name: vga, serialN and usbN. */
  devices?: Record<string, string>;
}

/** @param storage of the machine */
export function hardwareOf(entry: HardwareKeys, storage: string): { hardware?: Hardware } {
  const { efi_disk: efi, tpm, vga, serial = [], usb = [] } = entry;
  const devices: Record<string, string> = {
    ...(vga && { vga: vga.memory_mb === undefined ? vga.type : `${vga.type},memory=${vga.memory_mb}` }),
    ...Object.fromEntries(serial.map((port, index) => [`serial${index}`, port])),
    ...Object.fromEntries(
      usb.map(({ device, usb3 }, index) => [`usb${index}`, `host=${device}${usb3 ? ",usb3=1" : ""}`]),
    ),
  };
  const hardware: Hardware = {
    ...(efi && {
      efiDisk: {
        type: efi.type,
        preEnrolledKeys: efi.pre_enrolled_keys,
        storage: efi.storage_pool ?? storage,
      },
    }),
    ...(tpm && { tpm: { version: tpm.version, storage: tpm.storage_pool ?? storage } }),
    ...(Object.keys(devices).length > 0 && { devices }),
  };
  return Object.keys(hardware).length > 0 ? { hardware } : {};
}
