import { UserError } from "../errors";
import { now, providerOf, type RunContext } from "./context";
import type { Step } from "./executor";
import { replaceStep } from "./steps";
import type { Resource } from "./state";
import { markSecret, unwrapProps, masked, type Props } from "./values";

/**
 * Takes an existing resource into the state as it is. What the program wants otherwise of it is a step of its own
 * that comes after, as for any other resource.
 * @param found becomes the resource as the provider read it.
 */
export function importSteps(
  c: RunContext,
  importId: string,
  found: Resource,
  old: Resource | undefined,
): Step[] {
  const step: Step = {
    op: old ? "import-replacement" : "import",
    urn: found.urn,
    old,
    new: found,
    logical: true,
    operation: "importing",
    apply: async () => {
      const provider = await providerOf(c, found);
      const read = await provider.read(found.urn, importId, undefined, {});
      if (!read) throw new UserError(`resource '${importId}' does not exist`);
      if (!read.inputs) {
        throw new UserError(
          `provider does not support importing resources; please try updating the '${provider.pkg}' plugin`,
        );
      }
      found.id = read.id;
      found.inputs = read.inputs;
      found.outputs = markSecret(read.outputs, found.additionalSecretOutputs ?? []);
      found.initErrors = read.initErrors;
      found.created = now();
      found.modified = found.created;
      // What had the name before is somebody else from now on, and goes at the end.
      if (old && !old.external) {
        old.delete = true;
        c.snapshot.touch(old);
        c.snapshot.put(undefined, found);
      } else c.snapshot.put(old, found);
    },
  };
  return old ? [step, replaceStep(old, found)] : [step];
}

/** A replacement would change the id that the program insists on. */
export function refusedReplacement(keys: string[], olds: Props, news: Props): UserError {
  const before = unwrapProps(masked(olds));
  const after = unwrapProps(masked(news));
  const lines = keys.map((k) => `${k}: ${JSON.stringify(before[k])} => ${JSON.stringify(after[k])}`);
  return new UserError(
    "previously-imported resources that still specify an ID may not be replaced; " +
      `please remove the \`import\` declaration from your program;\n${lines.join("\n")}`,
  );
}
