import type { ContainerSpec, VmSpec } from "../config/model";
import { titleOf } from "../plan/titles";
import { planned } from "./events";
import { type Scope, specTitle } from "./scope";

/** Settings of a guest's steps that the notes use. */
interface StepSettings {
  /** Of the snapshot step: the snapshot's name, and a digest of all that was installed before it. */
  name?: string;
  digest?: string;
  /** Differs for each time that the guest was created; see guest/presence.ts. */
  incarnation?: string;
  /** Of the start step: values that a running guest takes over only at its next start. */
  restartWhenChanged?: Record<string, unknown>;
}

/** Settings that are secret count as none. Earlier versions wrote the incarnation as `birth`. */
function parse(text: string): StepSettings {
  try {
    const { birth, ...settings } = JSON.parse(text) as StepSettings & { birth?: string };
    return birth === undefined ? settings : { incarnation: birth, ...settings };
  } catch {
    return {};
  }
}

/** Keys whose values differ. */
function changedKeys(old: Record<string, unknown> = {}, now: Record<string, unknown> = {}): string[] {
  const keys = new Set([...Object.keys(old), ...Object.keys(now)]);
  return [...keys].filter((key) => JSON.stringify(old[key]) !== JSON.stringify(now[key]));
}

/**
 * What a preview means for guests beyond its own lines, a line each: those that are not as the last run left them,
 * those that restart, and clones that a container template's new snapshot leaves behind. "" when there is nothing to say.
 */
export function planNotes(eventLog: string, { estate, containers, vms, chosen }: Scope): string {
  const steps = new Map(planned(eventLog).map((step) => [step.name, step]));
  const update = (name: string) => {
    const step = steps.get(name);
    return step?.operation === "update" ? { old: parse(step.before), now: parse(step.after) } : undefined;
  };
  // A machine's `configure` may hold a secret and not be readable; its `start` has the incarnation too.
  const isOther = (resource: string) =>
    ["configure", "start"].some((name) => {
      const step = update(`${resource}-${name}`);
      return step?.now.incarnation !== undefined && step.now.incarnation !== step.old.incarnation;
    });
  const isChanged = (ctid: number) => {
    const step = update(`ct-${ctid}-snapshot`);
    return step !== undefined && step.old.name === step.now.name && step.old.digest !== step.now.digest;
  };
  /** There since the last run, and not recreated by this one. */
  const stays = (ctid: number) =>
    !isOther(`ct-${ctid}`) && [undefined, "update"].includes(steps.get(`ct-${ctid}-define`)?.operation);
  /** Whether a container is cloned from another, also by way of other templates. */
  const isFrom = (source: number, ctid: number): boolean => {
    const from = estate.containers.find((one) => one.ctid === ctid)?.cloneFrom?.ctid;
    return from !== undefined && (from === source || isFrom(source, from));
  };
  const title = (spec: ContainerSpec | VmSpec) => specTitle(spec, chosen);
  const restart = (spec: ContainerSpec | VmSpec): string => {
    const step = update(`${titleOf(spec)}-start`);
    if (step === undefined) return "";
    // The settings of a machine with a password hash are secret as a whole, on one side where it is the first or the last.
    const [old, now] = [step.old.restartWhenChanged, step.now.restartWhenChanged];
    const secret = old === undefined || now === undefined;
    const changed = changedKeys(old, now);
    if (!secret && changed.length === 0) return "";
    const why = secret
      ? "its settings hold a secret and are not compared here"
      : `${changed.join(", ")} changed`;
    return `${title(spec)} restarts, if it runs: ${why}.\n`;
  };
  const lines = containers.map((container) => {
    const { ctid, templateSnapshot } = container;
    if (isOther(titleOf(container)))
      return `${title(container)} was deleted by hand, or went back after a failed step: all its steps run again.\n`;
    const clones = estate.containers.filter((other) => isFrom(ctid, other.ctid) && stays(other.ctid));
    if (!isChanged(ctid) || clones.length === 0) return restart(container);
    return (
      restart(container) +
      `${title(container)} changes: its snapshot ${templateSnapshot} is taken again, unless something builds on it. ` +
      `Made before, and left as they are: ${clones.map(title).join(", ")}.\n`
    );
  });
  const machines = vms.map((vm) => {
    if (!isOther(titleOf(vm))) return restart(vm);
    return steps.has(`${titleOf(vm)}-define`)
      ? `${title(vm)} was deleted by hand: all its steps run again.\n`
      : `${title(vm)} is not found on the node any more: \`phoenix refresh\` first, then \`phoenix up\` recreates it.\n`;
  });
  return [...lines, ...machines].join("");
}
