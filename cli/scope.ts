import type { ContainerSpec, Estate } from "../config/model";
import { hasFlag } from "./arguments";
import { BAD_ARGUMENTS, UserError } from "./errors";
import { hostNeeds, ownNames, withDependencies } from "./needs";

/** What a run is about: the whole stack, or a part of it with what that needs. */
export interface Scope {
  estate: Estate;
  /** As the user named them: CTIDs, `host`, `containers`; empty for the whole stack. */
  words: string[];
  /** CTIDs among them. */
  ctids: number[];
  /** Whether the host's set-up is wanted as a whole. */
  host: boolean;
  /** The containers that the run may touch, in the estate's order. */
  containers: ContainerSpec[];
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
 * What the words mean: CTIDs, `host` for its set-up without guests, `containers` for all of them.
 *
 * @throws UserError for another word, and as requireKnown
 */
export function chooseScope(estate: Estate, file: string, command: string, words: readonly string[]): Scope {
  const other = words.find((word) => !/^\d+$/.test(word) && word !== "host" && word !== "containers");
  if (other !== undefined) {
    throw new UserError(
      `phoenix ${command} does not know "${other}". Flags go to pulumi as they are; see phoenix ${command} --help.`,
      BAD_ARGUMENTS,
    );
  }
  const named = words.filter((word) => /^\d+$/.test(word)).map(Number);
  requireKnown(estate.containers, file, named);
  const ctids = words.includes("containers") ? estate.containers.map(({ ctid }) => ctid) : named;
  const containers = words.length === 0 ? estate.containers : withDependencies(estate.containers, ctids);
  return { estate, words: [...words], ctids, host: words.includes("host"), containers };
}

/** `CT 950 vllm-phi3`. */
export function title({ ctid, name }: Pick<ContainerSpec, "ctid" | "name">): string {
  return `CT ${ctid} ${name}`;
}

/** One line that says what a run of a part touches; "" for the whole stack. */
export function scopeText({ words, ctids, containers, host }: Scope): string {
  if (words.length === 0) return "";
  if (ctids.length === 0) return "only the host's set-up, no guest\n";
  const list = (some: ContainerSpec[]) => some.map(title).join(", ");
  const needed = containers.filter(({ ctid }) => !ctids.includes(ctid));
  const named = containers.filter(({ ctid }) => ctids.includes(ctid));
  const also = needed.length > 0 ? `, and what needs to be there: ${list(needed)}` : "";
  return `only ${list(named)}${also}; of the host ${host ? "everything" : "what they stand on"}\n`;
}

/**
 * Pulumi's flags for a scope. Every resource that a target needs is a target itself: Pulumi refuses one that
 * depends on something that neither exists nor is targeted.
 */
export function targetFlags({ estate, words, containers, host }: Scope): string[] {
  if (words.length === 0) return [];
  const names = host
    ? ["host", "host-*", ...hostNeeds(estate, containers).filter((name) => !/^host(-|$)/.test(name))]
    : hostNeeds(estate, containers);
  return [...names, ...containers.flatMap(ownNames)].flatMap((name) => ["--target", `**::${name}`]);
}
