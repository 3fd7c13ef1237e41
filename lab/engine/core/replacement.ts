import { UserError } from "../errors";
import type { DiffResult } from "../rpc/provider";
import { providerOf, type RunContext } from "./context";
import { providerDiff, withReplaceOnChanges } from "./diffing";
import type { Step } from "./executor";
import { dependentsOf, type Resource } from "./state";
import { createStep, deleteStep, quoted, replaceStep } from "./steps";
import { isProviderType, splitReference } from "./urn";
import { UNKNOWN, type Props } from "./values";

interface Dependent {
  resource: Resource;
  keys: string[];
}

/** Create the new one, then, at the end of the run, delete the old one. */
export function createBeforeDelete(c: RunContext, old: Resource, made: Resource, diff: DiffResult): Step[] {
  return [createStep(c, made, "create-replacement", old, diff), replaceStep(old, made, diff)];
}

/** Delete what cannot outlive the old one, the old one, then create the new one. */
export async function deleteBeforeCreate(
  c: RunContext,
  old: Resource,
  made: Resource,
  diff: DiffResult,
): Promise<Step[]> {
  const dependents = await dependentReplacements(c, old);
  for (const d of boundToReplacement(c, old.urn)) {
    if (!dependents.some((e) => e.resource === d.resource)) dependents.push(d);
  }
  // The state lists what is needed before what needs it.
  dependents.sort((a, b) => c.prev.indexOf(b.resource) - c.prev.indexOf(a.resource));
  const steps: Step[] = [];
  for (const { resource, keys } of dependents) {
    if (c.deletedEarly.has(resource)) continue;
    if (resource.protect) {
      throw new UserError(
        `unable to replace resource "${resource.urn}" as part of replacing "${made.urn}" as it is currently marked ` +
          "for protection. To unprotect the resource, remove the `protect` flag from the resource in your Pulumi " +
          `program and run \`pulumi up\`, or use the command:\n\`pulumi state unprotect ${quoted(resource.urn)}\``,
      );
    }
    c.dependentKeys.set(resource.urn, keys);
    steps.push(ahead(c, resource));
  }
  if (!old.pendingReplacement) steps.push(ahead(c, old));
  return [...steps, replaceStep(old, made, diff), createStep(c, made, "create-replacement", old, diff)];
}

function ahead(c: RunContext, old: Resource): Step {
  c.deletes.add(old.urn);
  c.deletedEarly.add(old);
  return deleteStep(c, old, { op: "delete-replaced", ahead: !old.delete });
}

/** The replacement of a resource that was deleted because of something it stands on. */
export function recreate(c: RunContext, old: Resource, made: Resource): Step[] {
  c.deletes.delete(made.urn);
  const keys = c.dependentKeys.get(old.urn) ?? [];
  const create = createStep(c, made, "create-replacement", old);
  return [replaceStep(old, made), { ...create, keys }];
}

/** What stands on `root` and would itself be replaced if the values it takes from there changed. */
async function dependentReplacements(c: RunContext, root: Resource): Promise<Dependent[]> {
  const replaced = new Set([root.urn]);
  const found: Dependent[] = [];
  const decided = (r: Resource): boolean => c.decisions.has(r.urn) || Boolean(r.delete);
  for (const r of dependentsOf(root, c.prev, decided)) {
    const keys = await replacementKeys(c, r, replaced);
    if (!keys) continue;
    replaced.add(r.urn);
    found.push({ resource: r, keys });
  }
  return found;
}

async function replacementKeys(
  c: RunContext,
  r: Resource,
  replaced: Set<string>,
): Promise<string[] | undefined> {
  if (!r.custom || r.external) return undefined;
  if (r.provider && replaced.has(splitReference(r.provider).urn)) return [];
  let touched = false;
  const inputs: Props = { ...r.inputs };
  for (const [key, urns] of Object.entries(r.propertyDependencies ?? {})) {
    if (!(key in inputs) || !urns.some((urn) => replaced.has(urn))) continue;
    inputs[key] = UNKNOWN;
    touched = true;
  }
  if (!touched || isProviderType(r.type)) return undefined;
  const provider = await providerOf(c, r);
  const diff = withReplaceOnChanges(
    await providerDiff(provider, r, inputs, r.ignoreChanges ?? []),
    r.replaceOnChanges ?? [],
    false,
  );
  return diff.replaceKeys.length > 0 ? diff.replaceKeys : undefined;
}

/** What asked, by replaceWith, to be replaced whenever `urn` is. */
function boundToReplacement(c: RunContext, urn: string): Dependent[] {
  return c.prev
    .filter((r) => !r.delete && !c.decisions.has(r.urn) && r.replaceWith?.includes(urn))
    .map((resource) => ({ resource, keys: [] }));
}
