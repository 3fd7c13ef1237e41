import { familiesOfSteps } from "../components/vm/plan";
import { guestsOf } from "../config/guests";
import type { ContainerSpec, Estate, VmSpec } from "../config/model";
import { Edges } from "../plan/edges";
import { planEstate } from "../plan/estate";
import { type Facts, filesOnly } from "../plan/facts";
import { titleOf } from "../plan/titles";
import { hasFlag } from "./arguments";
import { BAD_ARGUMENTS, UserError } from "./errors";
import { guestTitle } from "./state";

/** VMIDs that the node chose, by the machine's name, as far as the stack's state has them. */
export type ChosenIds = ReadonlyMap<string, number>;

/** The scope of a run: the whole stack, or a part of it with what that needs. */
export interface Scope {
  estate: Estate;
  /** What needs what; made when it is asked for the first time. */
  edges: () => Edges;
  /** As the user named them: ids and names of guests, `host`, `containers`, `vms`; empty for the whole stack. */
  words: string[];
  /** CTIDs of the containers among them. */
  ctids: number[];
  /** Whether the host's set-up is wanted as a whole. */
  host: boolean;
  /** The containers that the run may touch, in the estate's order. */
  containers: ContainerSpec[];
  /** Names of the virtual machines among the words. */
  named: string[];
  /** The virtual machines that the run may touch. */
  vms: VmSpec[];
  chosen: ChosenIds;
}

/** Flags of pulumi that choose resources. */
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

/** Words for parts of a stack; they take precedence over a guest of that name. */
const PARTS = ["host", "containers", "vms"];

/** The words that are guests. */
export const guestWords = (words: readonly string[]) => words.filter((word) => !PARTS.includes(word));

/** The guest of the files that a word names: by its id, else by its name. */
export function guestNamed(
  { containers, vms }: Pick<Estate, "containers" | "vms">,
  word: string,
  chosen: ChosenIds,
): ContainerSpec | VmSpec | undefined {
  return (
    containers.find(({ ctid }) => word === String(ctid)) ??
    vms.find(({ vmid, name }) => word === String(vmid ?? chosen.get(name))) ??
    [...containers, ...vms].find(({ name }) => word === name)
  );
}

/** Whether a machine's VMID is one that the node chooses: only the state has it then. */
export function hasChosenIds({ vms }: Pick<Estate, "vms">): boolean {
  return vms.some(({ vmid }) => vmid === undefined);
}

/**
 * @param chosen undefined while the state has not been asked: any number may be a machine's then
 * @throws UserError with all guests that there are when a word names none of them
 */
export function requireGuests(
  estate: Estate,
  stack: string,
  words: readonly string[],
  chosen: ChosenIds | undefined,
): void {
  const unknown = words.filter(
    (word) =>
      !guestNamed(estate, word, chosen ?? new Map()) &&
      (chosen !== undefined || !hasChosenIds(estate) || !/^\d+$/.test(word)),
  );
  if (unknown.length === 0) return;
  const all = guestsOf(estate).map((spec) => specTitle(spec, chosen ?? new Map()));
  const has = all.length > 0 ? `they have ${all.join(", ")}` : "they have none";
  throw new UserError(
    `The files of stack ${stack} have no guest ${unknown.join(", ")}; ${has}.`,
    BAD_ARGUMENTS,
  );
}

/**
 * What the words mean: guests by id or name, `host` for its set-up without guests, `containers` and `vms` for all of
 * them.
 *
 * @param facts what is known beside the files
 * @throws UserError as requireGuests
 */
export function chooseScope(
  estate: Estate,
  stack: string,
  words: readonly string[],
  chosen: ChosenIds = new Map(),
  facts: Facts = filesOnly,
): Scope {
  requireGuests(estate, stack, guestWords(words), chosen);
  const asked = guestWords(words).flatMap((word) => guestNamed(estate, word, chosen) ?? []);
  const ctids = (words.includes("containers") ? estate.containers : asked).flatMap((spec) =>
    "ctid" in spec ? spec.ctid : [],
  );
  const named = (words.includes("vms") ? estate.vms : asked).flatMap((spec) =>
    "ctid" in spec ? [] : spec.name,
  );
  let made: Edges | undefined;
  const edges = () => (made ??= new Edges(planEstate(estate, facts)));
  const asks = (spec: ContainerSpec | VmSpec) =>
    "ctid" in spec ? ctids.includes(spec.ctid) : named.includes(spec.name);
  const touched =
    words.length === 0
      ? estate
      : guestsAmong(estate, edges().closure(guestsOf(estate).filter(asks).map(titleOf)));
  const { containers, vms } = touched;
  const host = words.includes("host");
  return { estate, edges, words: [...words], ctids, named, host, containers, vms, chosen };
}

/** The guests whose components are among these names, in the estate's order. */
export function guestsAmong({ containers, vms }: Estate, names: ReadonlySet<string>) {
  const isThere = (spec: ContainerSpec | VmSpec) => names.has(titleOf(spec));
  return { containers: containers.filter(isThere), vms: vms.filter(isThere) };
}

/** `CT 950 vllm-phi3`, `VM 9000 web`; `VM web` while nobody knows the VMID that the node chooses. */
export function specTitle(spec: ContainerSpec | VmSpec, chosen: ChosenIds): string {
  const { name } = spec;
  if ("ctid" in spec) return guestTitle({ kind: "CT", id: spec.ctid, name });
  return guestTitle({ kind: "VM", id: spec.vmid ?? chosen.get(name), name });
}

/** One line that says what a run of a part touches; "" for the whole stack. */
export function scopeText({ words, ctids, named, containers, vms, host, chosen }: Scope): string {
  if (words.length === 0) return "";
  if (ctids.length === 0 && named.length === 0) return "only the host's set-up, no guest\n";
  const isAsked = (one: ContainerSpec | VmSpec) =>
    "ctid" in one ? ctids.includes(one.ctid) : named.includes(one.name);
  const list = (asked: boolean) =>
    [...containers, ...vms]
      .filter((one) => isAsked(one) === asked)
      .map((one) => specTitle(one, chosen))
      .join(", ");
  const needed = list(false);
  const also = needed ? `, and what needs to be there: ${needed}` : "";
  return `only ${list(true)}${also}; of the host ${host ? "everything" : "what they stand on"}\n`;
}

/**
 * Pulumi's flags for a scope. Every resource that a target needs is a target itself: Pulumi refuses one that
 * depends on something that neither exists nor is targeted.
 */
export const targetFlags = (scope: Scope): string[] =>
  targetsOf(scope).flatMap((name) => ["--target", `**::${name}`]);

/** Whether a run of that scope may run the step. */
export function isTargeted(scope: Scope, step: string): boolean {
  const isMeant = (target: string) =>
    target.endsWith("*") ? step.startsWith(target.slice(0, -1)) : step === target;
  return scope.words.length === 0 || targetsOf(scope).some(isMeant);
}

/** Names of resources, some with `*` for any end; none for the whole stack. */
function targetsOf({ edges, words, containers, vms, host }: Scope): string[] {
  if (words.length === 0) return [];
  const { closure, isOfGuest } = edges();
  const needs = [...closure(["host-prepare", ...[...containers, ...vms].map(titleOf)])]
    .filter((name) => !isOfGuest(name))
    .sort();
  const names = host ? ["host", "host-*", ...needs.filter((name) => !/^host(-|$)/.test(name))] : needs;
  return [...names, ...containers.flatMap(ownNames), ...vms.flatMap(ownNamesOfVm)];
}

/** A container's own resources, also those that its entry no longer asks for. */
const ownNames = (spec: ContainerSpec) => [titleOf(spec), `${titleOf(spec)}-*`];

/** The same of a machine; not `vm-web-*`: that is the machine web-2 too. */
const ownNamesOfVm = (spec: VmSpec) => [
  titleOf(spec),
  ...familiesOfSteps.map((family) => `${titleOf(spec)}-${family}`),
];
