/** What a plan is made of: components, and the resources below them. It knows the files, and nothing of Pulumi. */
import type { ContainerSpec, ImageSpec, VmSpec } from "../config/model";
import type { Reported } from "./values";

/** A resource or component of the stack. */
interface Planned {
  /** The name of the Pulumi resource; no other step of the stack has it. */
  name: string;
  /** Names of what has to be done before it. */
  needs: string[];
  /** Where the step makes a clone: that one of its needs after which the source can be cloned. */
  cloneOf?: string;
}

/** What a step does on the node: scripts that apply, check and remove a state, and that state. */
export interface StepBody<Settings extends object = object> {
  /** Script file, which sources what it needs; run when the step is new and whenever an input changes. */
  script: string;
  /** Desired state, for `script`, `look` and `remove`: JSON on standard input. May hold `Secret` and `Reported`. */
  settings: Settings;
  /**
   * Script file that only looks, with the same settings: one JSON line `{changed: false, deviations: [text]}` and exit
   * code 0.
   */
  look?: string;
  /**
   * Script file run when the step is deleted. Without it nothing happens on the node then. A replacement deletes first, so
   * that what is made again under the same name is not removed afterwards.
   */
  remove?: string;
  /** Script file that runs before `remove` and may refuse it. */
  beforeRemoval?: string;
  /** Names of what the step makes, such as `storage tank-guests`: it stays while guests of another stack need one. */
  makes?: string[];
  /** Identity of what the step makes: a change deletes it and makes it again. */
  identity?: (string | number)[];
}

/** A script that runs on the node. */
export interface ScriptStep<Settings extends object = object> extends Planned, StepBody<Settings> {
  kind: "script";
  /** Names of resources: the step runs again whenever one of them is replaced. */
  follows?: string[];
  /** Name of a resource: where it is deleted, the step's removal does not run. */
  goesWith?: string;
  /** Name of the step that notes the guest's state, to which the guest goes back where this one fails. */
  savepoint?: string;
  /** Whether Pulumi may not delete it. */
  protect?: boolean;
  /** The node may restart right before this step, which waits until it answers again. */
  acrossRestart?: true;
}

/** A guest or a file that the proxmoxve provider makes over Proxmox VE's API. */
export type ApiStep = ContainerStep | MachineStep | ImageStep;

interface GuestStep extends Planned {
  /** Whether Pulumi may not delete it. */
  protect: boolean;
  /** It is left as it was adopted: nothing of it is changed. */
  unchanged: boolean;
  /** Its tags. */
  tags: string[];
}

export interface ContainerStep extends GuestStep {
  kind: "container";
  spec: ContainerSpec;
}

export interface MachineStep extends GuestStep {
  kind: "machine";
  spec: VmSpec;
  vmid: number | Reported;
  /** VMID of the machine that it is cloned from. */
  source?: number | Reported;
  /** The node has this machine already. If the state has none, a run was interrupted before it was recorded. */
  present: boolean;
}

/** An image that the node downloads. */
export interface ImageStep extends Planned {
  kind: "image";
  image: Omit<ImageSpec, "from"> & { from: Extract<ImageSpec["from"], { url: string }> };
}

/** Keeps `pulumi destroy` from what it needs; see components/guard.ts. */
export interface GuardStep extends Planned {
  kind: "guard";
  protect: boolean;
}

export type Step = ScriptStep | ApiStep | GuardStep;

/** The components of a stack: their types in Pulumi's state. */
export type ComponentType =
  | `phoenix:hypervisor:${"Hypervisor" | "InitialSetup" | "NvidiaDriver" | "AdminUser" | "Zfs" | "Nfs" | "Samba"}`
  | `phoenix:hypervisor:${"DatacenterFirewall" | "Backups"}`
  | `phoenix:container:${"Guests" | "Container"}`
  | `phoenix:vm:${"Machines" | "Vm"}`;

/** A group of steps that belong together: an area of the host, or a guest. */
export interface Component extends Planned {
  kind: "component";
  type: ComponentType;
  /** Name of the component that it is part of. */
  parent?: string;
  /** In the order in which they are registered: a step's needs are before it. */
  steps: Step[];
  /** What others read of it. May hold `Reported`. */
  outputs: Record<string, unknown>;
}

/** Something that the user has to know before anything runs. */
export interface PlanWarning {
  text: string;
  /** Name of the component it is about. */
  about?: string;
}

/** Everything that a stack has, each part after what it needs. */
export interface Plan {
  parts: (Component | GuardStep)[];
  warnings: PlanWarning[];
  /** What the stack exports: addresses by CTID, addresses and VMIDs by name. May hold `Reported`. */
  outputs: { containers: Record<string, object>; vms: Record<string, object> };
}
