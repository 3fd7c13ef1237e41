import { Bail } from "../errors";
import type { RunContext } from "./context";
import type { Step } from "./executor";
import { requirementsOf, type Resource } from "./state";
import { deleteStep, removePendingReplaceStep, untargetedSameStep } from "./steps";

/**
 * What the state holds and the run has not dealt with: replaced resources, and those the program
 * no longer registers. Each goes once everything that stands on it is gone; side by side otherwise.
 */
export async function runDeletes(c: RunContext): Promise<void> {
  const allowed = c.targets.deletable(c.prev);
  const steps: Deletion[] = [];
  const kept = keptForFailures(c);
  for (const r of c.prev) {
    if (c.deletedEarly.has(r)) {
      if (r.pendingReplacement && !c.decisions.has(r.urn) && !c.options.dryRun) {
        steps.push({ resource: r, step: removePendingReplaceStep(c, r) });
      }
      continue;
    }
    if (r.delete) {
      if (allowed(r)) steps.push({ resource: r, step: deleteStep(c, r, { op: "delete-replaced" }) });
      continue;
    }
    if (c.decisions.has(r.urn)) continue;
    if (!allowed(r)) {
      await c.executor.run(untargetedSameStep(c, r));
    } else if (!kept.has(r.urn)) {
      c.deletes.add(r.urn);
      const pending = r.pendingReplacement === true;
      steps.push({
        resource: r,
        step: pending ? removePendingReplaceStep(c, r) : deleteStep(c, r, { op: "delete" }),
      });
    }
  }
  if (
    !refuseUnnamed(
      c,
      steps.map((s) => s.resource),
    )
  )
    await schedule(c, steps);
}

/** A failed or skipped resource keeps what it stood on, and what stands on it. */
function keptForFailures(c: RunContext): Set<string> {
  const kept = new Set<string>();
  for (const r of c.prev) {
    if (c.executor.failed.has(r.urn) || requirementsOf(r).some((urn) => kept.has(urn))) kept.add(r.urn);
  }
  for (const r of [...c.prev].reverse()) {
    if (kept.has(r.urn)) for (const urn of requirementsOf(r)) kept.add(urn);
  }
  return kept;
}

function refuseUnnamed(c: RunContext, resources: Resource[]): boolean {
  if (!c.targets.constrained || c.targets.dependentsToo) return false;
  const unnamed = resources.filter((r) => c.targets.hasIncludes && !c.targets.names(r.urn) && !r.delete);
  for (const r of unnamed) {
    c.executor.fail(
      r.urn,
      `Resource '${r.urn}' will be destroyed but was not specified in --target list.\n` +
        "Either include resource in --target list or pass --target-dependents to proceed.",
    );
  }
  return unnamed.length > 0;
}

interface Deletion {
  resource: Resource;
  step: Step;
}

async function schedule(c: RunContext, steps: Deletion[]): Promise<void> {
  const dependents = new Map<string, Deletion[]>();
  for (const deletion of steps) {
    for (const urn of requirementsOf(deletion.resource)) {
      if (urn === deletion.resource.urn) continue;
      const known = dependents.get(urn);
      if (known) known.push(deletion);
      else dependents.set(urn, [deletion]);
    }
  }
  const running = new Map<Resource, Promise<boolean>>();
  const start = ({ resource, step }: Deletion): Promise<boolean> => {
    const known = running.get(resource);
    if (known) return known;
    const begun = (async () => {
      const before = dependents.get(resource.urn) ?? [];
      const gone = await Promise.all(before.map(start));
      if (!gone.every(Boolean)) return false;
      try {
        await c.executor.run(step);
        return true;
      } catch (error) {
        if (error instanceof Bail) return false;
        throw error;
      }
    })();
    running.set(resource, begun);
    return begun;
  };
  // Last first: `before` then only looks at what is running already.
  await Promise.all([...steps].reverse().map(start));
}
