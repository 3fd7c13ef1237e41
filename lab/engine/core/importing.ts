import { UserError } from "../errors";
import { now, providerOf, type RunContext } from "./context";
import { providerDiff } from "./diffing";
import type { Step } from "./executor";
import type { Goal } from "./goal";
import { applyIgnoreChanges } from "./paths";
import type { Resource } from "./state";
import { masked, unwrapProps, type Props } from "./values";

/** Takes an existing resource into the state; the program must describe it as it is. */
export function importSteps(c: RunContext, goal: Goal, made: Resource, old: Resource | undefined): Step[] {
  return [
    {
      op: old ? "import-replacement" : "import",
      urn: made.urn,
      old,
      new: made,
      logical: true,
      operation: "importing",
      apply: async () => {
        const provider = await providerOf(c, made);
        const found = await provider.read(made.urn, goal.importId, undefined, {});
        if (!found) throw new UserError(`resource '${goal.importId}' does not exist`);
        const existing: Resource = {
          ...made,
          id: found.id,
          inputs: found.inputs ?? {},
          outputs: found.outputs,
        };
        const asked = applyIgnoreChanges(goal.inputs, existing.inputs, goal.ignoreChanges);
        const checked = await provider.check(made.urn, existing.inputs, asked);
        const [failure] = checked.failures;
        if (failure) throw new UserError(`property ${failure.property} has a problem: ${failure.reason}`);
        const diff = await providerDiff(provider, existing, checked.inputs, goal.ignoreChanges);
        if (diff.changes === "some") {
          const message = `inputs to import do not match the existing resource\n${describe(diff.changedKeys, existing.inputs, checked.inputs)}`;
          if (!c.options.dryRun) throw new UserError(message);
          c.events.diagnostic("warning", `${message}\nimporting this resource will fail`, made.urn);
        }
        made.id = found.id;
        made.inputs = checked.inputs;
        made.outputs = found.outputs;
        made.created = made.modified = now();
        c.snapshot.put(old, made);
      },
    },
  ];
}

function describe(keys: string[], olds: Props, news: Props): string {
  const before = unwrapProps(masked(olds));
  const after = unwrapProps(masked(news));
  return keys.map((k) => `  ${k}: ${JSON.stringify(before[k])} => ${JSON.stringify(after[k])}`).join("\n");
}
