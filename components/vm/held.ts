import * as pulumi from "@pulumi/pulumi";
import * as proxmoxve from "@muhlba91/pulumi-proxmoxve";
import { Guard, isProtected, type Protection } from "../guard";

/** All that a held one has; the wildcard of ignoreChanges is not every provider's. */
const held = [
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

export interface HeldVmArgs {
  vmid: number;
  /** Its entry's own `protect`. */
  protect: boolean;
  protection?: Protection;
  provider: proxmoxve.Provider;
  node: string;
}

/**
 * A machine as it was adopted: it is read into the state and protected, and nothing of it is changed. Its resources
 * have the names of a converged one, so that it becomes one when its entry changes.
 */
export class HeldVm extends pulumi.ComponentResource {
  readonly vmid: pulumi.Output<number>;
  /** What a dependant waits for. */
  readonly ready: pulumi.Resource;

  constructor(
    title: string,
    { vmid, protect, protection, provider, node }: HeldVmArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("phoenix:vm:Vm", title, {}, opts);
    this.vmid = pulumi.output(vmid);
    this.ready = new proxmoxve.VmLegacy(
      `${title}-define`,
      { nodeName: node, vmId: vmid },
      {
        ...{ parent: this, provider, deleteBeforeReplace: true },
        protect: isProtected({ protect }, protection),
        import: `${node}/${vmid}`,
        ignoreChanges: held,
      },
    );
    new Guard(`${title}-guard`, protection, { parent: this, dependsOn: this.ready });
    this.registerOutputs({});
  }
}
