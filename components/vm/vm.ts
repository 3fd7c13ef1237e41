import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import * as proxmoxve from "@muhlba91/pulumi-proxmoxve";
import type { PowerState, VmSpec } from "../../config";
import { digestOf } from "../container/in-guest";
import { Guard, isProtected, type Protection } from "../guard";
import type { Host } from "../host";
import { featureScript, nfsScript, ownScript, type VmScript } from "./in-vm";
import { configureSettings, description, healthSettings, machineType, startSettings } from "./settings";

const script = (name: string) => join(__dirname, "scripts", `${name}.sh`);

/** Most seconds until the guest agent answers: the first start installs it. */
const agentSeconds = 900;

interface VmStepArgs {
  settings: Record<string, unknown>;
  /** Script of another name than the step's. */
  script?: string;
  remove?: string;
}

/** What all machines of a stack share. */
export interface VmContext {
  host: Host;
  provider: proxmoxve.Provider;
  /** Name of the Proxmox VE node. */
  node: string;
  /** Pulumi stack, named in descriptions. */
  stack: string;
  /** Tag by which the stack knows its own guests. */
  tag: string;
  /** How guests are kept from Pulumi's deletes; as if each were protected by default. */
  protection?: Protection;
}

export interface VmArgs extends VmContext {
  spec: VmSpec;
  /** The template machine; where the spec has cloneFrom. */
  source?: Pick<Vm, "vmid" | "ready">;
  /** The power state that is asked for; undefined leaves it running from its making on. */
  power?: PowerState;
  /** True lets a change delete the machine and make it anew, its disk included; `protect` goes before it. */
  allowRecreate: boolean;
  /** VMIDs whose existing machine is taken over. */
  adopt: number[];
  /** Ids that other entries give: the node chooses none of them. */
  taken: number[];
  /** The node has a machine of this stack there: without one in the state, a run was cut off before it was recorded. */
  present: boolean;
  /** Tells this making of the machine from an earlier one. */
  birth?: string;
  /** Steps that must have ended before the machine is made: storages, image, dependencies. */
  after: pulumi.Resource[];
}

/**
 * One virtual machine, each step of its life a resource: claim of its VMID, devices that are passed through, define
 * (from an image or a template machine), configure, start, agent, NFS, features, scripts, health, snapshots, power; or
 * template in the end.
 *
 * The machine is protected: neither a removed entry nor a change that needs it made anew deletes it, unless
 * `allowRecreate` or `protection` says so. When it is made anew, by that or because somebody deleted it, all its steps run again.
 */
export class Vm extends pulumi.ComponentResource {
  /** Its VMID: given, or chosen by the node. */
  readonly vmid: pulumi.Output<number>;
  /** The last step that a dependant, or a clone, waits for. */
  readonly ready: pulumi.Resource;
  /** The guest itself; steps follow its replacement. */
  private readonly guest: pulumi.CustomResource;
  /** The step registered last: the next one waits for it. */
  private last: pulumi.Resource;

  constructor(
    private readonly title: string,
    private readonly args: VmArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("phoenix:vm:Vm", title, {}, opts);
    const { spec, stack } = args;
    const claim = this.claim();
    const devices = spec.passthrough.length > 0 ? [this.devices(claim)] : [];
    const guest = this.define([claim, ...devices], spec.vmid ?? claim.stdout.apply(vmidIn));
    this.guest = guest;
    this.last = guest;
    this.vmid = guest.vmId;

    const { cloudInit, ...configure } = configureSettings(spec, stack);
    this.step("configure", {
      settings: { ...configure, cloudInit: { ...(cloudInit as object), ...this.password() } },
      remove: script("release"),
    });
    // What comes next may fail, and the guard behind it all is then not made.
    new Guard(`${title}-made-guard`, args.protection, { parent: this, dependsOn: this.last });
    const { restartWhenChanged, ...start } = startSettings(spec);
    this.step("start", {
      settings: { ...start, restartWhenChanged: { ...(restartWhenChanged as object), ...this.password() } },
      remove: script("start-remove"),
    });
    if (spec.agent) this.step("agent", { settings: { seconds: agentSeconds } });
    const scripts = this.runInside();
    if (spec.healthCheck) this.step("health", { settings: healthSettings(spec, digestOf(scripts)) });
    for (const snapshot of spec.snapshots) {
      const step = { settings: { snapshot }, script: script("snapshot"), remove: script("snapshot-remove") };
      this.step(`snapshot-${snapshot}`, step);
    }
    const timeLimit = spec.shutdownTimeout;
    if (spec.isTemplate) {
      this.step("template", { settings: { timeLimit } });
    } else if (args.power !== undefined) {
      // Whatever starts it again makes this the last word again.
      this.step("power", { settings: { ...startSettings(spec), state: args.power } });
    }
    this.ready = this.last;
    new Guard(`${title}-guard`, args.protection, { parent: this, dependsOn: this.last });
    this.registerOutputs({});
  }

  /** The password's hash: a secret, so that the whole state that a step is given with it is stored encrypted. */
  private password(): { passwordHash?: pulumi.Output<string> } {
    const { passwordHash } = this.args.spec.cloudInit;
    return passwordHash === undefined ? {} : { passwordHash: pulumi.secret(passwordHash) };
  }

  /** One step after the last one; it runs again whenever the machine is made anew. */
  private step(what: string, args: VmStepArgs): void {
    const { host, spec, tag, birth } = this.args;
    this.last = host.step(
      `${this.title}-${what}`,
      {
        script: args.script ?? script(what),
        remove: args.remove,
        settings: { ...args.settings, vmid: this.vmid, name: spec.name, tag, birth },
      },
      { parent: this, dependsOn: this.last, replaceWith: [this.guest] },
    );
  }

  private runInside(): VmScript[] {
    const { spec, stack } = this.args;
    const scripts = [
      ...(spec.nfsVolumes.length > 0 ? [nfsScript(spec)] : []),
      ...spec.features.map((feature) => featureScript(spec, feature, stack)),
      ...spec.scripts.map((own) => ownScript(spec, own, stack)),
    ];
    for (const settings of scripts) this.step(settings.step, { settings, script: script("in-vm") });
    return scripts;
  }

  private claim() {
    const { host, spec, tag, adopt, taken, birth } = this.args;
    const { name, vmid } = spec;
    return host.step(
      `${this.title}-claim`,
      {
        script: script("claim"),
        remove: script("claim-remove"),
        settings: { name, tag, vmid, adopt, taken: vmid === undefined ? taken : [], birth },
      },
      { parent: this, dependsOn: this.args.after },
    );
  }

  private devices(claim: pulumi.Resource): pulumi.Resource {
    const { host, spec, tag } = this.args;
    const devices = spec.passthrough.map(({ mapping, address }) => ({ mapping, address }));
    return host.step(
      `${this.title}-devices`,
      {
        script: script("devices"),
        remove: script("devices-remove"),
        settings: { name: spec.name, tag, devices },
      },
      { parent: this, dependsOn: claim },
    );
  }

  private define(after: pulumi.Resource[], vmId: pulumi.Input<number | undefined>): proxmoxve.VmLegacy {
    const { provider, node, spec, source, tag, stack, birth, allowRecreate, protection, present } = this.args;
    const { storage, diskGb, network, image, cloneFrom } = spec;
    return new proxmoxve.VmLegacy(
      `${this.title}-define`,
      {
        nodeName: node,
        vmId,
        name: spec.name,
        description: description(spec, stack),
        tags: birth === undefined ? [tag] : [tag, birth],
        machine: machineType(spec),
        bios: spec.uefi ? "ovmf" : "seabios",
        cpu: { cores: spec.cores, type: spec.cpuType },
        memory: { dedicated: spec.memoryMb },
        agent: { enabled: spec.agent, timeout: "15s" },
        operatingSystem: { type: "l26" },
        scsiHardware: "virtio-scsi-single",
        serialDevices: [{ device: "socket" }],
        cdrom: { fileId: "none", interface: "ide3" },
        networkDevices: [{ bridge: network.bridge, macAddress: network.mac, vlanId: network.vlan }],
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
                vmId: source.vmid,
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
              ...(spec.uefi && { efiDisk: { datastoreId: storage, type: "4m", preEnrolledKeys: false } }),
            }),
      },
      {
        parent: this,
        provider,
        dependsOn: [...after, ...(source ? [source.ready] : [])],
        deleteBeforeReplace: true,
        protect: isProtected({ protect: spec.protect, mayGo: allowRecreate }, protection),
        ignoreChanges: cloneFrom ? [...ownedBySteps, "clone.retries"] : ownedBySteps,
      },
    );
  }
}

/**
 * What the steps own over SSH, and the VMID, which is kept for ever: while its claim is to run again, nobody knows it.
 * The provider would replace the machine for some of these and restart it for others; read back by a refresh they would
 * be undone.
 */
const ownedBySteps = [
  ...["agent", "bios", "bootOrders", "cdrom", "cpu", "description", "disks", "efiDisk", "hostpcis"],
  ...["initialization", "keyboardLayout", "machine", "memory", "name", "networkDevices", "onBoot"],
  ...["operatingSystem", "protection", "scsiHardware", "serialDevices", "started", "startup", "tags"],
  ...["template", "vga", "vmId"],
];

/** The VMID in the claim's result; a run of other guests alone makes no claim, and there is none yet. */
function vmidIn(stdout: string | undefined): number | undefined {
  return stdout === undefined ? undefined : (JSON.parse(stdout) as { vmid: number }).vmid;
}
