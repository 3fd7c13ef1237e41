/** Questions to a plan: what needs what, and which steps a guest has. */
import type { Component, GuardStep, Plan, ScriptStep, Step } from "./step";

const guestTypes: ReadonlySet<string> = new Set(["phoenix:container:Container", "phoenix:vm:Vm"]);

const isGuest = (part: Component | GuardStep): part is Component =>
  part.kind === "component" && guestTypes.has(part.type);

/** A plan by the names of its components and steps. */
export class Edges {
  /** Name → names of what it needs. */
  private readonly needs = new Map<string, string[]>();
  /** Components of guests, by name. */
  private readonly guests = new Map<string, Component>();
  /** Name of a guest's step → name of the guest's component. */
  private readonly guestOfStep = new Map<string, string>();

  constructor(plan: Plan) {
    for (const part of plan.parts) {
      const needs = part.needs.flatMap((name) => stepsOf(plan, name));
      this.add(part.name, [...needs, ...parentOf(part)]);
      if (part.kind !== "component") continue;
      for (const step of part.steps) this.add(step.name, [...step.needs, part.name, ...followedBy(step)]);
      if (!isGuest(part)) continue;
      this.guests.set(part.name, part);
      for (const step of part.steps) this.guestOfStep.set(step.name, part.name);
    }
  }

  /** A component and one of its steps may have the same name; they count as one. */
  private add(name: string, needs: readonly string[]): void {
    const others = needs.filter((other) => other !== name);
    this.needs.set(name, [...(this.needs.get(name) ?? []), ...others]);
  }

  /** Names of everything that these need, themselves included. Where a guest's step is needed, the whole guest is. */
  closure = (names: readonly string[]): Set<string> => {
    const found = new Set<string>();
    const waiting = [...names];
    for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
      if (found.has(name)) continue;
      found.add(name);
      const guest = this.guestOfStep.get(name);
      waiting.push(...(this.needs.get(name) ?? []), ...(guest === undefined ? [] : [guest]));
      waiting.push(...(this.guests.get(name)?.steps ?? []).map((step) => step.name));
    }
    return found;
  };

  /** Whether a name is a guest's component or one of its steps. */
  isOfGuest = (name: string): boolean => this.guests.has(name) || this.guestOfStep.has(name);

  /**
   * The guest that a step belongs to, and the step's name within it: `ct-950-health` is CT 950's `health`. Also for a step
   * that is no longer in the plan, because it is to be removed.
   */
  stepOf(name: string): { guest: string; step: string } | undefined {
    // `vm-web-2-start` is not of `vm-web`.
    const [guest] = [...this.guests.keys()]
      .filter((title) => name.startsWith(`${title}-`))
      .sort((one, other) => other.length - one.length);
    return guest === undefined ? undefined : { guest, step: name.slice(guest.length + 1) };
  }

  /** Names of the guests that a guest itself waits for, and of the one that it is cloned from. */
  neededBy(guest: string): { guests: string[]; source?: string } {
    const steps = this.guests.get(guest)?.steps ?? [];
    const guests = steps.flatMap(({ needs, cloneOf }) =>
      needs.filter((name) => name !== cloneOf).flatMap((name) => this.guestOfStep.get(name) ?? []),
    );
    const [source] = steps.flatMap(({ cloneOf = "" }) => this.guestOfStep.get(cloneOf) ?? []);
    const others = [...new Set(guests)].filter((name) => name !== guest);
    return { guests: others, ...(source !== undefined && { source }) };
  }

  /** A guest's step that runs a script, by its name within the guest. */
  scriptOf(guest: string, step: string): ScriptStep | undefined {
    const found = this.guests.get(guest)?.steps.find(({ name }) => name === `${guest}-${step}`);
    return found?.kind === "script" ? found : undefined;
  }

  /** Names of the steps of a guest that run on the node or over its API. */
  stepsOf(guest: string): string[] {
    return (this.guests.get(guest)?.steps ?? [])
      .filter(({ kind }) => kind !== "guard")
      .map(({ name }) => name);
  }
}

/** A step's own name; of a component, the names of all steps below it, as an engine resolves a dependency on it. */
export function stepsOf({ parts }: Plan, name: string): string[] {
  const below = (component: string): string[] =>
    parts.flatMap((part) => {
      if (part.kind !== "component") return [];
      if (part.name !== component) return part.parent === component ? below(part.name) : [];
      return part.steps.flatMap((step) => (step.kind === "guard" ? [] : [step.name]));
    });
  const isStep = parts.some(
    (part) => part.kind === "component" && part.steps.some((step) => step.name === name),
  );
  return isStep ? [name] : below(name);
}

const parentOf = (part: Component | GuardStep): string[] =>
  part.kind === "component" && part.parent !== undefined ? [part.parent] : [];

/** What a step's registration refers to besides its needs. */
function followedBy(step: Step): string[] {
  if (step.kind !== "script") return [];
  return [...(step.follows ?? []), ...(step.goesWith === undefined ? [] : [step.goesWith])];
}
