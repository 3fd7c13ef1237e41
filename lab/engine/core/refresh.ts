import { Bail } from "../errors";
import { now, providerOf, type RunContext } from "./context";
import type { Op } from "./events";
import type { Step } from "./executor";
import type { Resource } from "./state";
import { isProviderType } from "./urn";
import { changedKeys, equal, markSecret } from "./values";

/** Asks the providers how everything is, without the program, and takes the answers for the state. */
export async function runRefresh(c: RunContext): Promise<void> {
  const allowed = (r: Resource): boolean => !c.targets.constrained || c.targets.allowsUpdate(r);
  await Promise.all(
    c.prev.filter(allowed).map(async (r) => {
      try {
        await c.executor.run(refreshStep(c, r));
      } catch (error) {
        if (!(error instanceof Bail)) throw error;
      }
    }),
  );
  forgetGone(c);
}

/** What is gone can be nobody's dependency, and children move to their grandparent. */
function forgetGone(c: RunContext): void {
  const left = c.snapshot.resources();
  const urns = new Set(left.map((r) => r.urn));
  const gone = new Map(c.prev.filter((r) => !urns.has(r.urn)).map((r) => [r.urn, r]));
  if (gone.size === 0) return;
  const parentOf = (urn: string | undefined): string | undefined =>
    urn && gone.has(urn) ? parentOf(gone.get(urn)?.parent) : urn;
  const alive = (urn: string): boolean => !gone.has(urn);
  for (const r of left) {
    const parent = parentOf(r.parent);
    if (r.parent && r.parent !== parent) r.parent = parent ?? "";
    if (r.dependencies) r.dependencies = r.dependencies.filter(alive);
    if (r.replaceWith) r.replaceWith = r.replaceWith.filter(alive);
    if (r.deletedWith && !alive(r.deletedWith)) r.deletedWith = "";
    for (const [key, of] of Object.entries(r.propertyDependencies ?? {})) {
      if (r.propertyDependencies) r.propertyDependencies[key] = of.filter(alive);
    }
    c.snapshot.touch(r);
  }
}

function refreshStep(c: RunContext, old: Resource): Step {
  const step: Step & { outcome: Op } = {
    op: "refresh",
    outcome: "same",
    urn: old.urn,
    old,
    new: old,
    logical: true,
    apply: async () => {
      if (!old.custom || isProviderType(old.type) || old.pendingReplacement) return;
      const provider = await providerOf(c, old);
      const found = await provider.read(old.urn, old.id ?? "", old.inputs, old.outputs);
      if (!found) {
        step.outcome = "delete";
        step.new = undefined;
        c.snapshot.remove(old);
        return;
      }
      const inputs = found.inputs ?? old.inputs;
      const outputs = markSecret(found.outputs, old.additionalSecretOutputs ?? []);
      const changed =
        changedKeys(old.outputs, outputs).length > 0 || changedKeys(old.inputs, inputs).length > 0;
      if (!changed && equal(found.initErrors, old.initErrors ?? [])) return;
      const made: Resource = {
        ...old,
        id: found.id,
        inputs,
        outputs,
        initErrors: found.initErrors,
        modified: now(),
      };
      step.outcome = changed ? "update" : "same";
      step.new = made;
      step.diffs = changedKeys(old.outputs, outputs);
      c.snapshot.replace(old, made);
      c.prev[c.prev.indexOf(old)] = made;
    },
    result: () => step.outcome,
  };
  return step;
}
