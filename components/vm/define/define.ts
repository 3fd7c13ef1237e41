import * as proxmoxve from "@muhlba91/pulumi-proxmoxve";
import type * as pulumi from "@pulumi/pulumi";
import type { MachineStep } from "../../../plan/step";
import type { Target } from "../../target";
import { description } from "../../guest/texts";
import { machineType } from "../values";

/** What of a machine's step is known only once other resources exist. */
export interface MachineIds {
  vmid: pulumi.Input<number | undefined>;
  source: pulumi.Input<number> | undefined;
}

/** Registers a machine that the provider makes from an image or a template machine, or one that is left as it was adopted. */
export function defineMachine(
  step: MachineStep,
  ids: MachineIds,
  target: Target,
  options: pulumi.CustomResourceOptions,
): proxmoxve.VmLegacy {
  const { name, spec, unchanged } = step;
  const { node } = target;
  if (unchanged) {
    const args = { nodeName: node, vmId: spec.vmid };
    return new proxmoxve.VmLegacy(name, args, {
      ...options,
      import: `${node}/${spec.vmid}`,
      ignoreChanges: everything,
    });
  }
  return new proxmoxve.VmLegacy(name, defineArgs(step, ids, target), {
    ...options,
    ignoreChanges: spec.cloneFrom ? [...ownedBySteps, "clone.retries"] : ownedBySteps,
  });
}

function defineArgs(
  { spec, tags, present }: MachineStep,
  { vmid: vmId, source }: MachineIds,
  { node, stack }: Target,
): proxmoxve.VmLegacyArgs {
  const { storage, diskGb, network, image, cloneFrom } = spec;
  return {
    nodeName: node,
    vmId,
    name: spec.name,
    description: description(spec, stack),
    tags,
    machine: machineType(spec),
    bios: spec.uefi ? "ovmf" : "seabios",
    cpu: { cores: spec.cores, type: spec.cpuType },
    memory: { dedicated: spec.memoryMb },
    agent: { enabled: spec.agent, timeout: "15s" },
    operatingSystem: { type: "l26" },
    scsiHardware: "virtio-scsi-single",
    serialDevices: [{ device: "socket" }],
    cdrom: { fileId: "none", interface: "ide3" },
    networkDevices: [
      { bridge: network.bridge, macAddress: network.mac, vlanId: network.vlan, model: network.model },
    ],
    bootOrders: spec.bootDevices,
    started: false,
    onBoot: spec.startAtBoot,
    stopOnDestroy: false,
    timeoutShutdownVm: spec.shutdownTimeout,
    // A disk that was taken out of the machine is somebody's data.
    deleteUnreferencedDisksOnDestroy: false,
    timeoutCreate: 1800,
    timeoutClone: 1800,
    ...(cloneFrom && source
      ? {
          clone: {
            vmId: source,
            full: cloneFrom.full,
            datastoreId: cloneFrom.full ? storage : undefined,
            // With one attempt the provider refuses an id that is taken; from two on it goes on with what is there.
            retries: present ? 2 : undefined,
          },
        }
      : {
          disks: [
            {
              interface: "scsi0",
              datastoreId: storage,
              size: diskGb,
              importFrom: image?.volid,
              discard: "on",
              iothread: true,
            },
          ],
          ...(spec.uefi && { efiDisk: efiDiskOf(spec) }),
        }),
  };
}

function efiDiskOf({ storage, hardware }: MachineStep["spec"]): proxmoxve.types.input.VmLegacyEfiDisk {
  const {
    type,
    preEnrolledKeys,
    storage: datastoreId,
  } = hardware?.efiDisk ?? {
    ...{ type: "4m", preEnrolledKeys: false, storage },
  };
  return { datastoreId, type, preEnrolledKeys };
}

/**
 * What the steps set over SSH, and the VMID, which never changes but is unknown in a preview in which its claim runs again.
 * The provider would replace the machine for some of these and restart it for others; read back by a refresh they would
 * be undone.
 */
const ownedBySteps = [
  ...["agent", "bios", "bootOrders", "cdrom", "cpu", "description", "disks", "efiDisk", "hostpcis"],
  ...["initialization", "keyboardLayout", "machine", "memory", "name", "networkDevices", "onBoot"],
  ...["operatingSystem", "protection", "scsiHardware", "serialDevices", "started", "startup", "tags"],
  ...["template", "tpmState", "usbs", "vga", "vmId"],
];

/** All properties; not every provider knows the wildcard of ignoreChanges. */
const everything = [
  ...["acpi", "agent", "amdSev", "audioDevice", "bios", "bootOrders", "cdrom"],
  ...[
    "cpu",
    "deleteUnreferencedDisksOnDestroy",
    "description",
    "disks",
    "efiDisk",
    "hookScriptFileId",
    "hostpcis",
  ],
  ...["hotplug", "initialization", "keyboardLayout", "kvmArguments", "machine", "macAddresses", "memory"],
  ...["migrate", "name", "networkDevices", "numas", "onBoot", "operatingSystem", "poolId"],
  ...["protection", "purgeOnDestroy", "reboot", "rebootAfterUpdate", "rngs", "scsiHardware", "serialDevices"],
  ...["smbios", "started", "startup", "stopOnDestroy", "tabletDevice", "tags", "template"],
  ...[
    "timeoutClone",
    "timeoutCreate",
    "timeoutMigrate",
    "timeoutMoveDisk",
    "timeoutReboot",
    "timeoutShutdownVm",
    "timeoutStartVm",
  ],
  ...["timeoutStopVm", "tpmState", "usbs", "vga", "virtiofs", "watchdog"],
];
