/** What waits for what: the plan's own word, and an engine's record of it. */
import { stepsOf } from "../../plan/edges";
import type { Plan, Step } from "../../plan/step";
import { Reported } from "../../plan/values";

const nameOf = (urn: string) => urn.slice(urn.lastIndexOf("::") + 2);
const isOfProvider = (urn: string) => urn.includes("::pulumi:providers:");

/** Name → sorted names of what it waits for, as a plan says: its needs, what it follows, what its settings report. */
export function plannedEdges(plan: Plan): Record<string, string[]> {
  const all = plan.parts.flatMap((part): Step[] => (part.kind === "guard" ? [part] : part.steps));
  return Object.fromEntries(
    all.map((step) => {
      const needs = step.needs.flatMap((name) => stepsOf(plan, name));
      const follows = step.kind === "script" ? (step.follows ?? []) : [];
      return [step.name, sorted([...needs, ...follows, ...reportedIn(step)])];
    }),
  );
}

function reportedIn(value: unknown): string[] {
  if (value instanceof Reported) return [value.resource];
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap(reportedIn);
}

/** The same from what `pulumi stack export` says, for the names that a plan has. */
export function recordedEdges(exported: string, names: readonly string[]): Record<string, string[]> {
  const { deployment } = JSON.parse(exported) as {
    deployment: { resources: { urn: string; custom: boolean; type: string; dependencies?: string[] }[] };
  };
  const guard = "phoenix:protectGuests:Guard";
  return Object.fromEntries(
    deployment.resources
      .filter(({ urn, custom, type }) => (custom || type === guard) && names.includes(nameOf(urn)))
      .map(({ urn, dependencies = [] }) => [
        nameOf(urn),
        sorted(dependencies.filter((other) => !isOfProvider(other)).map(nameOf)),
      ]),
  );
}

const sorted = (names: string[]) => [...new Set(names)].sort();
