/** A step that runs because it has drifted may fail as any other does: its guest's savepoint is taken before it. */
import type { Component, Plan, Step } from "../../plan/step";
import type { Found } from "./looks";

/** What was found, and before the drifted steps of a guest that goes back where one fails, its savepoint. */
export function withSavepoints({ parts }: Plan, found: ReadonlyMap<string, Found>): Map<string, Found> {
  const all = new Map<string, Found>();
  for (const part of parts.filter((part) => part.kind === "component")) {
    for (const step of part.steps) {
      const own = found.get(step.name);
      const savepoint = own !== undefined && hasDrifted(own) ? savepointOf(step) : undefined;
      if (savepoint !== undefined && !all.has(savepoint)) all.set(savepoint, { deviations: [reason(part)] });
      if (own !== undefined) all.set(step.name, own);
    }
  }
  return all;
}

const hasDrifted = (found: Found): boolean => "deviations" in found && found.deviations.length > 0;

const savepointOf = (step: Step): string | undefined => (step.kind === "script" ? step.savepoint : undefined);

const reason = ({ outputs }: Component): string =>
  `CT ${String(outputs.ctid)} is repaired: a savepoint is taken first`;
