import { UserError } from "../errors";
import { now, providerOf, type RunContext } from "./context";
import type { Step } from "./executor";
import { wanted, type Goal } from "./goal";
import type { Resource } from "./state";
import { makeUrn } from "./urn";
import { markSecret, UNKNOWN } from "./values";

/** `Resource.get`: looks a resource up that this stack does not manage. */
export async function readResource(c: RunContext, goal: Goal, id: string): Promise<Resource> {
  const urn = makeUrn(c.place.stack, c.place.project, goal.parent, goal.type, goal.name);
  const found = c.olds.get(urn);
  const made: Resource = { ...wanted(goal, urn, c.news.get(goal.parent)), external: true, id };
  c.decisions.set(urn, "read");
  const step: Step = {
    op: found && !found.external ? "read-replacement" : "read",
    urn,
    old: found,
    new: made,
    logical: true,
    operation: "reading",
    apply: async () => {
      if (id === UNKNOWN) {
        made.outputs = {};
      } else {
        const provider = await providerOf(c, made);
        const result = await provider.read(urn, id, made.inputs, made.inputs);
        if (!result) throw new UserError(`resource '${id}' does not exist`);
        made.id = result.id;
        made.inputs = result.inputs ?? made.inputs;
        made.outputs = markSecret(result.outputs, goal.additionalSecretOutputs);
      }
      made.created ??= now();
      if (found && !found.external) {
        found.delete = true;
        c.snapshot.touch(found);
        c.snapshot.put(undefined, made);
      } else c.snapshot.put(found, made);
    },
  };
  await c.executor.run(step);
  c.news.set(urn, made);
  return made;
}
