/** The steps of one container, in their order. */
import type { ContainerSpec, NvidiaSpec } from "../../config/model";
import { component, guard, scriptStep } from "../../plan/build";
import type { Component, ScriptStep, StepBody } from "../../plan/step";
import type { Reported } from "../../plan/values";
import { digestOf } from "../guest/inside";
import { GuestSteps } from "../guest/steps";
import { scriptText, settingsText } from "../host/script";
import { claimStep } from "./claim/step";
import { cloneStep } from "./clone/step";
import { configureStep } from "./configure/step";
import { firewallStep } from "./firewall/step";
import { healthStep } from "./health/step";
import { type Hook, hookOf } from "./hook/hook";
import { hookStep } from "./hook/step";
import { idmapStep } from "./idmap/step";
import { applicationScript, featureScript, testScript } from "./in-guest/in-guest";
import { inGuestStep } from "./in-guest/step";
import { lifecycleSnapshotStep } from "./lifecycle-snapshot/step";
import { mountsStep } from "./mounts/step";
import { nvidiaDriverStep } from "./nvidia-driver/step";
import { poolStep } from "./pool/step";
import { powerStep } from "./power/step";
import { rootAccessStep } from "./root-access/step";
import { commitStep, savepointStep } from "./savepoint/step";
import { snapshotStep } from "./snapshot/step";
import { addressOf, startStep } from "./start/step";

/** What the plan of a container needs beside its entry. */
export interface ContainerFacts {
  /** The name by which the stack is known on the node. */
  stack: string;
  /** Tag by which the stack knows its own guests. */
  tag: string;
  /** Name of the Proxmox VE node. */
  node: string;
  /** The NVIDIA driver that host and guests share; undefined when the files name none. */
  nvidia?: NvidiaSpec;
  hook?: Hook;
  /** Name of the step that puts the configuration files on the node, for scripts that read them. */
  configFiles: string;
  /** Whether Pulumi may not delete it. */
  protect: boolean;
  /** Whether its guards are protected: some guest of the stack is. */
  guarded: boolean;
  /** True takes over a container that is there under this CTID already. */
  adopt: boolean;
  /** A new value in every run while a foreign container has the CTID; see guest/presence.ts. */
  checkAgain?: string;
  /** Tag of this incarnation of the container; see guest/presence.ts. */
  incarnation?: string;
  /** Names of what must be there before the container is made: storage, template, source, dependencies. */
  needs: string[];
  /** Name of the step that takes the source's snapshot; one of the needs. */
  source?: string;
}

/** What a container is to others. */
export interface ContainerPlan {
  component: Component;
  /** Name of the step after which it runs and is healthy: dependants wait for it. */
  ready: string;
  /** Name of the step that takes the snapshot that clones are made from; undefined when it is no template. */
  snapshot?: string;
  /** Which configuration files its scripts read. */
  reads: ("containers" | "host")[];
}

/** A step of an existing container. */
type OwnStep = [name: string, body: StepBody];

/**
 * Claim of the CTID and define (from a template), or a clone; savepoint; configure, mounts, pool, firewall, start, idmap, root's
 * keys and password, driver, features in their order, application, health, snapshot when it is a template, the host's hook; commit; power
 * where somebody says whether it runs.
 */
export function planContainer(
  title: string,
  parent: string | undefined,
  spec: ContainerSpec,
  facts: ContainerFacts,
): ContainerPlan {
  const { tag, guarded } = facts;
  const before = beforeStart(spec, facts);
  const inside = insideSteps(spec, facts);
  const last = lastSteps(spec, facts, inside.digest);
  // Scripts and settings of all steps: a change takes a new savepoint, and stops a container again that is kept stopped.
  const digest = digestOf(
    [...before, ...inside.steps, ...last].flatMap(([, body]) => [
      scriptText(body.script),
      settingsText(body.settings),
    ]),
  );

  const made = madeBy(title, spec, facts);
  const guest = new GuestSteps(title, [made.at(-1)!.name], made.at(-1)!.name);
  made.forEach((step) => guest.beside(step));
  /** Every step has the incarnation as a setting, so that all run again after the container was recreated. */
  const add = (name: string, body: StepBody, order?: Pick<ScriptStep, "goesWith" | "savepoint">) =>
    guest.add(
      name,
      { ...body, settings: { ...body.settings, incarnation: facts.incarnation } },
      { ...order, needs: filesReadBy(body).length > 0 ? [facts.configFiles] : [] },
    );
  const own = { ctid: spec.ctid, tag };

  const savepoint = spec.rollbackOnFailure ? add("savepoint", savepointStep(own, digest)) : undefined;
  for (const [name, body] of before) add(name, body, { savepoint });
  // A later step may fail, and the guard at the end would not be made then.
  guest.beside(guard(`${title}-made-guard`, guarded, guest.last));
  for (const [name, body] of inside.steps) {
    // The removal would start a stopped container: not one that is deleted with it.
    add(name, body, { savepoint, ...(body.remove !== undefined && { goesWith: made.at(-1)!.name }) });
  }
  const [ready] = guest.last as [string];
  for (const [name, body] of last) add(name, body, { savepoint });
  if (savepoint !== undefined) add("commit", commitStep(own, savepoint));
  if (spec.state !== undefined) {
    // The removal would start a stopped container: not one that is deleted with it.
    add("power", powerStep(spec, tag, digest), { goesWith: made.at(-1)!.name });
  }
  guest.beside(guard(`${title}-guard`, guarded, guest.last));
  return {
    component: containerComponent(title, parent, spec, facts, guest.steps, addressOf(spec, `${title}-start`)),
    ready,
    ...(spec.templateSnapshot !== undefined && { snapshot: `${title}-snapshot` }),
    reads: [...inside.steps, ...last].flatMap(([, body]) => filesReadBy(body)),
  };
}

/** The configuration files that a step's script reads. */
function filesReadBy({ settings }: StepBody): ContainerPlan["reads"] {
  return [
    ...("wholeFile" in settings ? (["containers"] as const) : []),
    ...("hostFile" in settings ? (["host"] as const) : []),
  ];
}

/** A container that is left as it was adopted: read into the state and protected, and nothing of it is changed. */
export function planUnchangedContainer(
  title: string,
  parent: string | undefined,
  spec: ContainerSpec,
  facts: Pick<ContainerFacts, "protect" | "guarded" | "tag" | "node">,
): ContainerPlan {
  const { protect, guarded, tag } = facts;
  const define = `${title}-define`;
  const steps: Component["steps"] = [
    { kind: "container", name: define, needs: [], spec, protect, tags: [tag], unchanged: true },
    guard(`${title}-guard`, guarded, [define]),
  ];
  return { component: containerComponent(title, parent, spec, facts, steps), ready: define, reads: [] };
}

const containerComponent = (
  title: string,
  parent: string | undefined,
  { ctid, name, network }: ContainerSpec,
  { node }: Pick<ContainerFacts, "node">,
  steps: Component["steps"],
  address: string | Reported = network.ip,
) =>
  component("phoenix:container:Container", title, {
    parent,
    steps,
    outputs: { ctid, hostname: name, address, node },
  });

/** The steps that create the container; the last is the container itself. */
function madeBy(title: string, spec: ContainerSpec, facts: ContainerFacts): Component["steps"] {
  const { tag, adopt, checkAgain, incarnation, protect, needs, source } = facts;
  const { ctid, name: hostname, cloneFrom } = spec;
  const name = `${title}-define`;
  if (cloneFrom) {
    const order = { needs, protect, cloneOf: source };
    return [scriptStep(name, cloneStep(spec, { tag, adopt, incarnation }), order)];
  }
  const claim = scriptStep(`${title}-claim`, claimStep({ ctid, tag, hostname, adopt, checkAgain }), {
    needs,
  });
  const tags = incarnation === undefined ? [tag] : [tag, incarnation];
  return [claim, { kind: "container", name, needs: [claim.name], spec, protect, tags, unchanged: false }];
}

/** Steps on the node before its first start. */
const beforeStart = (spec: ContainerSpec, { tag, stack }: ContainerFacts): OwnStep[] => [
  ["configure", configureStep(spec, tag, stack)],
  ["mounts", mountsStep(spec, tag)],
  ...(spec.pool === undefined ? [] : [["pool", poolStep(spec, spec.pool, tag)] satisfies OwnStep]),
  ...(spec.firewall ? [["firewall", firewallStep(spec, spec.firewall, tag)] satisfies OwnStep] : []),
];

/** Steps from its start to its health check; `digest` changes with whatever is installed in it. */
function insideSteps(spec: ContainerSpec, facts: ContainerFacts): { steps: OwnStep[]; digest: string } {
  const { tag, nvidia } = facts;
  const driver = spec.usesDriver ? nvidia : undefined;
  const scripts = [
    ...spec.features.map((feature) => featureScript(spec, feature, facts)),
    ...(spec.applicationScript === undefined ? [] : [applicationScript(spec, spec.applicationScript, facts)]),
  ];
  const digest = digestOf([driver?.version ?? "", ...scripts]);
  const steps: OwnStep[] = [["start", startStep(spec, tag)]];
  if (spec.idMap) steps.push(["idmap", idmapStep(spec, tag)]);
  if (spec.rootAccess) steps.push(["root-access", rootAccessStep(spec, tag)]);
  steps.push(...lifecycle(spec, facts, "pre-configured"));
  if (driver) steps.push(["nvidia-driver", nvidiaDriverStep(spec.ctid, tag, driver)]);
  for (const settings of scripts) steps.push([settings.step, inGuestStep(settings)]);
  if (spec.healthCheck || spec.usesDriver) steps.push(["health", healthStep(spec, tag, digest)]);
  return { steps, digest };
}

/** The snapshot of a stage, where the container gets it. */
const lifecycle = (
  { ctid, lifecycleSnapshots = [] }: ContainerSpec,
  { tag }: ContainerFacts,
  name: "pre-configured" | "final-form",
  digest?: string,
): OwnStep[] =>
  lifecycleSnapshots.includes(name)
    ? [[`snapshot-${name}`, lifecycleSnapshotStep({ ctid, tag, name, digest })]]
    : [];

/** Tests, the snapshots of its final form and, of a template, for clones, and the hook: no dependant waits for them, but clones. */
function lastSteps(spec: ContainerSpec, facts: ContainerFacts, digest: string): OwnStep[] {
  const { tag, stack, hook } = facts;
  const { ctid, templateSnapshot: name, rootAccess } = spec;
  // A clone would have keys of its root that no note knows of.
  const cloned = rootAccess ? digestOf([digest, rootAccess]) : digest;
  const tests = spec.integrationTests;
  return [
    ...(tests === undefined
      ? []
      : [["tests", hookStep(spec, hookOf(tests), { tag, stack, step: "tests", digest })] satisfies OwnStep]),
    ...(spec.tests ?? []).map((test): OwnStep => [
      test.step,
      inGuestStep(testScript(spec, test, facts, digest)),
    ]),
    ...lifecycle(spec, facts, "final-form", digest),
    ...(name === undefined
      ? []
      : [["snapshot", snapshotStep({ ctid, tag, name, digest: cloned })] satisfies OwnStep]),
    ...(hook ? [["hook", hookStep(spec, hook, { tag, stack })] satisfies OwnStep] : []),
  ];
}
