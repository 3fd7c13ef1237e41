/** The steps of one virtual machine, in their order. */
import { join } from "node:path";
import type { VmSpec } from "../../config/model";
import type { PowerState } from "../../config/power";
import { component, guard, scriptStep } from "../../plan/build";
import { roomScripts } from "../../plan/room";
import type { Component, ScriptStep, StepBody } from "../../plan/step";
import { Reported, Secret } from "../../plan/values";
import { digestOf } from "../guest/inside";
import { GuestSteps } from "../guest/steps";
import { featureScript, nfsScript, ownScript } from "./in-vm/in-vm";
import { configureSettings, healthSettings, startSettings } from "./settings";

const room = (name: string) => roomScripts(join(__dirname, name));

/** Most seconds until the guest agent answers: the first start installs it. */
const agentSeconds = 900;

/** What the steps of machines are called behind the machine's title; `*` stands for a name of the user's. */
export const familiesOfSteps = [
  ...["claim", "devices", "define", "configure", "made-guard", "start", "agent", "nfs"],
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
  /** The power state that is asked for; undefined leaves it running from its making on. */
  power?: PowerState;
  /** Whether Pulumi may not delete it. */
  protect: boolean;
  /** Whether its guards are protected: some guest of the stack is. */
  guarded: boolean;
  /** VMIDs whose existing machine is taken over. */
  adopt: number[];
  /** Ids that other entries give: the node chooses none of them. */
  taken: number[];
  /** The node has a machine of this stack there: without one in the state, a run was cut off before it was recorded. */
  present: boolean;
  /** Tells this incarnation of the machine from an earlier one. */
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
 * Claim of its VMID, devices that are passed through, define (from an image or a template machine), configure, start,
 * agent, NFS, features, scripts, health, snapshots, power; or template in the end.
 */
export function planVm(title: string, parent: string, spec: VmSpec, facts: VmFacts): VmPlan {
  const { stack, tag, guarded, incarnation: birth } = facts;
  const before = beforeDefine(title, spec, facts);
  const define = defineStep(title, spec, facts, before);
  const guest = new GuestSteps(title, [define.name], define.name);
  [...before, define].forEach((step) => guest.beside(step));
  const vmid = new Reported(define.name, "vmId");
  const add = (what: string, { settings, ...scripts }: StepBody) =>
    guest.add(what, { ...scripts, settings: { ...settings, vmid, name: spec.name, tag, birth } });

  add("configure", {
    ...room("configure"),
    settings: withPassword(spec, configureSettings(spec, stack), "cloudInit"),
  });
  // What comes next may fail, and the guard behind it all is then not made.
  guest.beside(guard(`${title}-made-guard`, guarded, guest.last));
  add("start", {
    ...room("start"),
    settings: withPassword(spec, startSettings(spec), "restartWhenChanged"),
  });
  if (spec.agent) add("agent", { ...room("agent"), settings: { seconds: agentSeconds } });
  const scripts = [
    ...(spec.nfsVolumes.length > 0 ? [nfsScript(spec)] : []),
    ...spec.features.map((feature) => featureScript(spec, feature, stack)),
    ...spec.scripts.map((own) => ownScript(spec, own, stack)),
  ];
  for (const settings of scripts) add(settings.step, { settings, ...room("in-vm") });
  if (spec.healthCheck) {
    add("health", { ...room("health"), settings: healthSettings(spec, digestOf(scripts)) });
  }
  for (const snapshot of spec.snapshots) {
    add(`snapshot-${snapshot}`, {
      settings: { snapshot },
      ...room("snapshot"),
    });
  }
  if (spec.isTemplate) {
    add("template", { ...room("template"), settings: { timeLimit: spec.shutdownTimeout } });
  } else if (facts.power !== undefined) {
    // Whatever starts it again makes this the last word again.
    add("power", { ...room("power"), settings: { ...startSettings(spec), state: facts.power } });
  }
  const [ready] = guest.last as [string];
  guest.beside(guard(`${title}-guard`, guarded, guest.last));
  return { component: vmComponent(title, parent, spec, facts, vmid, guest.steps), vmid, ready };
}

/** A machine as it was adopted: it is read into the state and protected, and nothing of it is changed. */
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
  const { tag, adopt, taken, incarnation: birth, needs } = facts;
  const claim = scriptStep(
    `${title}-claim`,
    {
      ...room("claim"),
      settings: { name, tag, vmid, adopt, taken: vmid === undefined ? taken : [], birth },
    },
    { needs },
  );
  if (passthrough.length === 0) return [claim];
  const devices = scriptStep(
    `${title}-devices`,
    {
      ...room("devices"),
      settings: { name, tag, devices: passthrough.map(({ mapping, address }) => ({ mapping, address })) },
    },
    { needs: [claim.name] },
  );
  return [claim, devices];
}

/** The VMID in the claim's result; a run of other guests alone makes no claim, and there is none yet. */
const vmidIn = (stdout: unknown): unknown =>
  typeof stdout === "string" ? (JSON.parse(stdout) as { vmid: number }).vmid : undefined;

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
    vmid: spec.vmid ?? new Reported(`${title}-claim`, "stdout", vmidIn),
    ...(source && { source: source.vmid }),
    present,
  };
}

/** Settings with the password's hash, a secret, in one of their objects. */
function withPassword<K extends string>(
  { cloudInit: { passwordHash } }: VmSpec,
  settings: Record<K, unknown>,
  key: K,
): Record<string, unknown> {
  if (passwordHash === undefined) return settings;
  return { ...settings, [key]: { ...(settings[key] as object), passwordHash: new Secret(passwordHash) } };
}
