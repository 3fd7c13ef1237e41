/** The steps of one virtual machine, in their order. */
import type { VmSpec } from "../../config/model";
import type { PowerState } from "../../config/power";
import { component, guard, scriptStep } from "../../plan/build";
import type { Component, ScriptStep, StepBody } from "../../plan/step";
import { Reported } from "../../plan/values";
import { digestOf } from "../guest/inside";
import { GuestSteps } from "../guest/steps";
import { agentStep } from "./agent/step";
import { claimedVmid, claimStep } from "./claim/step";
import { configureStep } from "./configure/step";
import { devicesStep } from "./devices/step";
import { firewallStep } from "./firewall/step";
import { healthStep } from "./health/step";
import { featureScript, nfsScript, ownScript } from "./in-vm/in-vm";
import { inVmStep } from "./in-vm/step";
import { powerStep } from "./power/step";
import { snapshotStep } from "./snapshot/step";
import { startStep } from "./start/step";
import { templateStep } from "./template/step";

/** What the steps of machines are called behind the machine's title; `*` stands for a name of the user's. */
export const familiesOfSteps = [
  ...["claim", "devices", "define", "configure", "made-guard", "firewall", "start", "agent", "nfs"],
  ...["health", "template", "power", "guard", "feature-*", "script-*", "snapshot-*"],
];

/** What the plan of a machine needs beside its entry. */
export interface VmFacts {
  /** The name by which the stack is known on the node. */
  stack: string;
  /** Tag by which the stack knows its own guests. */
  tag: string;
  /** Name of the Proxmox VE node. */
  node: string;
  /** The template machine; where the spec has cloneFrom. */
  source?: Pick<VmPlan, "vmid" | "ready">;
  /** The wanted power state; undefined: started once, and left alone afterwards. */
  power?: PowerState;
  /** Whether Pulumi may not delete it. */
  protect: boolean;
  /** Whether its guards are protected: some guest of the stack is. */
  guarded: boolean;
  /** VMIDs whose existing machine is taken over. */
  adopt: number[];
  /** Ids that other entries give: the node chooses none of them. */
  taken: number[];
  /** The node has this machine already. If the state has none, a run was interrupted before it was recorded. */
  present: boolean;
  /** Tag of this incarnation of the machine; see guest/presence.ts. */
  incarnation?: string;
  /** Names of what must be there before the machine is made: storages, image, dependencies. */
  needs: string[];
}

/** What a machine is to others. */
export interface VmPlan {
  component: Component;
  /** Given, or chosen by the node. */
  vmid: number | Reported;
  /** Name of the step that a dependant, or a clone, waits for. */
  ready: string;
}

/**
 * Claim of its VMID, devices that are passed through, define (from an image or a template machine), configure, firewall,
 * start, agent, NFS, features, scripts, health, snapshots, power; or template in the end.
 */
export function planVm(title: string, parent: string, spec: VmSpec, facts: VmFacts): VmPlan {
  const { stack, tag, guarded, incarnation } = facts;
  const before = beforeDefine(title, spec, facts);
  const define = defineStep(title, spec, facts, before);
  const guest = new GuestSteps(title, [define.name], define.name);
  [...before, define].forEach((step) => guest.beside(step));
  const vmid = new Reported(define.name, "vmId");
  const add = (what: string, body: StepBody) =>
    guest.add(what, { ...body, settings: { ...body.settings, incarnation } });
  const own = { vmid, name: spec.name, tag };

  add("configure", configureStep(own, spec, stack));
  // A later step may fail, and the guard at the end would not be made then.
  guest.beside(guard(`${title}-made-guard`, guarded, guest.last));
  if (spec.firewall) add("firewall", firewallStep(own, spec.firewall));
  add("start", startStep(own, spec));
  if (spec.agent) add("agent", agentStep(own));
  const scripts = [
    ...(spec.nfsVolumes.length > 0 ? [nfsScript(spec)] : []),
    ...spec.features.map((feature) => featureScript(spec, feature, stack)),
    ...spec.scripts.map((script) => ownScript(spec, script, stack)),
  ];
  for (const script of scripts) add(script.step, inVmStep(own, script));
  if (spec.healthCheck) add("health", healthStep(own, spec, digestOf(scripts)));
  for (const snapshot of spec.snapshots) add(`snapshot-${snapshot}`, snapshotStep(own, snapshot));
  if (spec.isTemplate) add("template", templateStep(own, spec));
  // Another step may start a stopped machine again; this one runs after it then.
  else if (facts.power !== undefined) add("power", powerStep(own, spec, facts.power));
  const [ready] = guest.last as [string];
  guest.beside(guard(`${title}-guard`, guarded, guest.last));
  return { component: vmComponent(title, parent, spec, facts, vmid, guest.steps), vmid, ready };
}

/** A machine that is left as it was adopted: read into the state and protected, and nothing of it is changed. */
export function planUnchangedVm(
  title: string,
  parent: string | undefined,
  spec: VmSpec & { vmid: number },
  facts: Pick<VmFacts, "protect" | "guarded" | "node">,
): VmPlan {
  const { protect, guarded } = facts;
  const { vmid } = spec;
  const name = `${title}-define`;
  const steps: Component["steps"] = [
    { kind: "machine", name, needs: [], spec, protect, tags: [], unchanged: true, vmid, present: true },
    guard(`${title}-guard`, guarded, [name]),
  ];
  return { component: vmComponent(title, parent, spec, facts, vmid, steps), vmid, ready: name };
}

const vmComponent = (
  title: string,
  parent: string | undefined,
  { name, cloudInit }: VmSpec,
  { node }: Pick<VmFacts, "node">,
  vmid: VmPlan["vmid"],
  steps: Component["steps"],
) =>
  component("phoenix:vm:Vm", title, {
    parent,
    steps,
    outputs: { vmid, hostname: name, address: cloudInit.ip, node },
  });

/** The claim of its VMID, and the devices that are passed through to it. */
function beforeDefine(title: string, spec: VmSpec, facts: VmFacts): ScriptStep[] {
  const { name, vmid, passthrough } = spec;
  const { tag, adopt, incarnation, needs } = facts;
  const taken = vmid === undefined ? facts.taken : [];
  const claim = scriptStep(`${title}-claim`, claimStep({ name, tag, vmid, adopt, taken, incarnation }), {
    needs,
  });
  if (passthrough.length === 0) return [claim];
  return [claim, scriptStep(`${title}-devices`, devicesStep(spec, tag), { needs: [claim.name] })];
}

function defineStep(
  title: string,
  spec: VmSpec,
  facts: VmFacts,
  before: ScriptStep[],
): Component["steps"][number] {
  const { tag, incarnation, protect, present, source } = facts;
  return {
    kind: "machine",
    name: `${title}-define`,
    needs: [...before.map(({ name }) => name), ...(source ? [source.ready] : [])],
    spec,
    protect,
    tags: incarnation === undefined ? [tag] : [tag, incarnation],
    unchanged: false,
    vmid: spec.vmid ?? claimedVmid(`${title}-claim`),
    ...(source && { source: source.vmid, cloneOf: source.ready }),
    present,
  };
}
