import type { ContainerSpec, Estate, VmSpec } from "../config/model";
import { hasFlag } from "./arguments";
import { BAD_ARGUMENTS, UserError } from "./errors";
import { hostNeeds, ownNames, ownNamesOfVm, withDependencies } from "./needs";

/** What a run is about: the whole stack, or a part of it with what that needs. */
export interface Scope {
  estate: Estate;
  /** As the user named them: CTIDs, names of machines, `host`, `containers`; empty for the whole stack. */
  words: string[];
  /** CTIDs among them. */
  ctids: number[];
  /** Whether the host's set-up is wanted as a whole. */
  host: boolean;
  /** The containers that the run may touch, in the estate's order. */
  containers: ContainerSpec[];
  /** Names of the virtual machines among the words. */
  named: string[];
  /** The virtual machines that the run may touch. */
  vms: VmSpec[];
}

/** Flags of pulumi that choose resources too. */
const CHOOSING = [
  ...["--target", "-t", "--target-dependents", "--target-replace"],
  ...["--exclude", "-x", "--exclude-dependents"],
];

/** @throws UserError when guests come together with flags that also choose what is converged */
export function refuseOtherTargets(words: readonly string[], flags: readonly string[]): void {
  const other = CHOOSING.find((flag) => hasFlag(flags, flag));
  if (words.length === 0 || other === undefined) return;
  throw new UserError(
    `${words.join(" ")} and ${other} both say what is converged: give one of them.`,
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

/**
 * What the words mean: CTIDs, names or VMIDs of virtual machines, `host` for its set-up without guests, `containers`
 * for all of them. A VMID that the node chose is not in the files.
 *
 * @throws UserError for another word, and as requireKnown
 */
export function chooseScope(estate: Estate, file: string, command: string, words: readonly string[]): Scope {
  const vmOf = (word: string) => estate.vms.find(({ name, vmid }) => word === name || word === String(vmid));
  const named = words.flatMap((word) => vmOf(word)?.name ?? []);
  const rest = words.filter((word) => !vmOf(word));
  const other = rest.find((word) => !/^\d+$/.test(word) && word !== "host" && word !== "containers");
  if (other !== undefined) {
    throw new UserError(
      `phoenix ${command} does not know "${other}". Flags go to pulumi as they are; see phoenix ${command} --help.`,
      BAD_ARGUMENTS,
    );
  }
  const numbers = rest.filter((word) => /^\d+$/.test(word)).map(Number);
  requireKnown(estate.containers, file, numbers);
  const ctids = words.includes("containers") ? estate.containers.map(({ ctid }) => ctid) : numbers;
  const touched = words.length === 0 ? estate : withDependencies(estate, [...ctids, ...named]);
  const { containers, vms } = touched;
  return { estate, words: [...words], ctids, named, host: words.includes("host"), containers, vms };
}

/** `CT 950 vllm-phi3`. */
export function title({ ctid, name }: Pick<ContainerSpec, "ctid" | "name">): string {
  return `CT ${ctid} ${name}`;
}

/** `VM 9000 web`, or `VM web` where the node chooses the VMID. */
export function vmTitle({ vmid, name }: VmSpec): string {
  return ["VM", vmid, name].filter((part) => part !== undefined).join(" ");
}

/** One line that says what a run of a part touches; "" for the whole stack. */
export function scopeText({ words, ctids, named, containers, vms, host }: Scope): string {
  if (words.length === 0) return "";
  if (ctids.length === 0 && named.length === 0) return "only the host's set-up, no guest\n";
  const isAsked = (one: ContainerSpec | VmSpec) =>
    "ctid" in one ? ctids.includes(one.ctid) : named.includes(one.name);
  const list = (asked: boolean) =>
    [...containers, ...vms]
      .filter((one) => isAsked(one) === asked)
      .map((one) => ("ctid" in one ? title(one) : vmTitle(one)))
      .join(", ");
  const needed = list(false);
  const also = needed ? `, and what needs to be there: ${needed}` : "";
  return `only ${list(true)}${also}; of the host ${host ? "everything" : "what they stand on"}\n`;
}

/**
 * Pulumi's flags for a scope. Every resource that a target needs is a target itself: Pulumi refuses one that
 * depends on something that neither exists nor is targeted.
 */
export function targetFlags({ estate, words, containers, vms, host }: Scope): string[] {
  if (words.length === 0) return [];
  const needs = hostNeeds(estate, { containers, vms });
  const names = host ? ["host", "host-*", ...needs.filter((name) => !/^host(-|$)/.test(name))] : needs;
  return [...names, ...containers.flatMap(ownNames), ...vms.flatMap(ownNamesOfVm)].flatMap((name) => [
    "--target",
    `**::${name}`,
  ]);
}
