import type { ContainerSpec, Estate } from "../config/model";
import { hasFlag } from "./arguments";
import { BAD_ARGUMENTS, UserError } from "./errors";
import { hostNeeds, ownNames, withDependencies } from "./needs";

/** What a run is about: the whole stack, or some of its containers with what they need. */
export interface Scope {
  estate: Estate;
  /** As the user named them; empty for the whole stack. */
  ctids: number[];
  /** The containers that the run may touch, in the estate's order. */
  containers: ContainerSpec[];
}

/** Flags of pulumi that choose resources too. */
const CHOOSING = [
  ...["--target", "-t", "--target-dependents", "--target-replace"],
  ...["--exclude", "-x", "--exclude-dependents"],
];

/** @throws UserError when CTIDs come together with flags that also choose what is converged */
export function refuseOtherTargets(ctids: readonly number[], flags: readonly string[]): void {
  const other = CHOOSING.find((flag) => hasFlag(flags, flag));
  if (ctids.length === 0 || other === undefined) return;
  throw new UserError(
    `CTIDs (${ctids.join(" ")}) and ${other} both say what is converged: give one of them.`,
    BAD_ARGUMENTS,
  );
}

/**
 * @param file the containers' file, as messages name it
 * @throws UserError when a CTID is not in it
 */
export function requireKnown(containers: readonly ContainerSpec[], file: string, ctids: readonly number[]) {
  const known = containers.map(({ ctid }) => ctid).sort((one, other) => one - other);
  const unknown = ctids.filter((ctid) => !known.includes(ctid));
  if (unknown.length === 0) return;
  const has = known.length > 0 ? `it has ${known.join(", ")}` : "it has none";
  throw new UserError(`${file} has no container ${unknown.join(", ")}; ${has}.`, BAD_ARGUMENTS);
}

/** The containers named, with those they need; all of them when none is named. @throws as requireKnown */
export function chooseScope(estate: Estate, file: string, ctids: readonly number[]): Scope {
  requireKnown(estate.containers, file, ctids);
  const containers = ctids.length === 0 ? estate.containers : withDependencies(estate.containers, ctids);
  return { estate, ctids: [...ctids], containers };
}

/** `CT 950 vllm-phi3`. */
export function title({ ctid, name }: Pick<ContainerSpec, "ctid" | "name">): string {
  return `CT ${ctid} ${name}`;
}

/** One line that says what a run of single containers touches; "" for the whole stack. */
export function scopeText({ ctids, containers }: Scope): string {
  if (ctids.length === 0) return "";
  const list = (some: ContainerSpec[]) => some.map(title).join(", ");
  const needed = containers.filter(({ ctid }) => !ctids.includes(ctid));
  const named = containers.filter(({ ctid }) => ctids.includes(ctid));
  const also = needed.length > 0 ? `, and what needs to be there: ${list(needed)}` : "";
  return `only ${list(named)}${also}; of the host what they stand on\n`;
}

/**
 * Pulumi's flags for a scope. Every resource that a target needs is a target itself: Pulumi refuses one that
 * depends on something that neither exists nor is targeted.
 */
export function targetFlags({ estate, ctids, containers }: Scope): string[] {
  if (ctids.length === 0) return [];
  const names = [...hostNeeds(estate, containers), ...containers.flatMap(ownNames)];
  return names.flatMap((name) => ["--target", `**::${name}`]);
}
