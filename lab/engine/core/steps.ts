import { ProtectedError, UserError } from "../errors";
import type { DiffResult } from "../rpc/provider";
import { now, providerOf, type RunContext } from "./context";
import type { Op } from "./events";
import type { Step } from "./executor";
import type { Resource } from "./state";
import { isProviderType } from "./urn";
import { markSecret, type Props } from "./values";

const seconds = (r: Resource, kind: "create" | "update" | "delete"): number => r.customTimeouts?.[kind] ?? 0;

function withSecrets(r: Resource, outputs: Props): Props {
  return markSecret(outputs, r.additionalSecretOutputs ?? []);
}

function reasons(r: Resource): string {
  return (r.initErrors ?? []).join("\n");
}

export function sameStep(c: RunContext, old: Resource, made: Resource): Step {
  return {
    op: "same",
    urn: made.urn,
    old,
    new: made,
    logical: true,
    apply: async () => {
      if (old.id) made.id = old.id;
      made.outputs = old.outputs;
      if (old.created) made.created = old.created;
      if (old.modified) made.modified = old.modified;
      if (isProviderType(made.type) && made.id) await c.registry.configure(made.urn, made.id, made.inputs);
      if (made.custom) made.outputs = withSecrets(made, made.outputs);
      c.snapshot.put(old, made);
    },
  };
}

/** A resource that the targets leave alone stays exactly what it was. */
export function untargetedSameStep(c: RunContext, old: Resource): Step {
  return {
    op: "same",
    urn: old.urn,
    old,
    new: old,
    logical: true,
    apply: async () => {
      c.snapshot.put(old, { ...old });
    },
  };
}

export function createStep(
  c: RunContext,
  made: Resource,
  op: Op = "create",
  old?: Resource,
  diff?: DiffResult,
): Step {
  return {
    op,
    urn: made.urn,
    old,
    new: made,
    ...blame(diff),
    logical: op === "create",
    operation: "creating",
    apply: async () => {
      if (isProviderType(made.type)) {
        made.id = c.registry.newId(c.options.dryRun);
        made.outputs = made.inputs;
        await c.registry.configure(made.urn, made.id, made.inputs);
      } else if (made.custom) {
        const provider = await providerOf(c, made);
        const result = await provider.create(
          made.urn,
          made.inputs,
          seconds(made, "create"),
          c.options.dryRun,
        );
        made.id = result.id;
        made.outputs = withSecrets(made, result.outputs);
        made.initErrors = result.initErrors;
      }
      // In the order in which a state is read, else each of them would be written again by the next update.
      made.created = now();
      made.modified = made.created;
      // An old one that is still there waits for its deletion; one deleted ahead is gone now.
      if (old && !old.pendingReplacement && !c.deletedEarly.has(old) && !old.external) {
        old.delete = true;
        c.snapshot.touch(old);
        c.snapshot.put(undefined, made);
      } else c.snapshot.put(old, made);
      if (made.initErrors?.length) throw new UserError(reasons(made));
    },
  };
}

export function updateStep(c: RunContext, old: Resource, made: Resource, diff: DiffResult): Step {
  return {
    op: "update",
    urn: made.urn,
    old,
    new: made,
    ...blame(diff),
    logical: true,
    operation: "updating",
    apply: async () => {
      if (old.id) made.id = old.id;
      if (old.created) made.created = old.created;
      if (isProviderType(made.type)) {
        made.outputs = made.inputs;
        await c.registry.configure(made.urn, made.id ?? "", made.inputs);
      } else if (made.custom) {
        const provider = await providerOf(c, made);
        const { urn, inputs } = made;
        const result = await provider.update(
          urn,
          old.id ?? "",
          old,
          inputs,
          made.ignoreChanges ?? [],
          seconds(made, "update"),
          c.options.dryRun,
        );
        made.outputs = withSecrets(made, result.outputs);
        made.initErrors = result.initErrors;
      } else made.outputs = old.outputs;
      made.modified = now();
      c.snapshot.put(old, made);
      if (made.initErrors?.length) throw new UserError(reasons(made));
    },
  };
}

/** The middle of a replacement: it does nothing, and is the one that counts. */
export function replaceStep(old: Resource, made: Resource, diff?: DiffResult): Step {
  return {
    op: "replace",
    urn: made.urn,
    old,
    new: made,
    ...blame(diff),
    logical: true,
    apply: async () => undefined,
  };
}

export interface DeleteOptions {
  op: "delete" | "delete-replaced";
  /** The replacement comes after: until then the state remembers that it is due. */
  ahead?: boolean;
}

export function deleteStep(c: RunContext, old: Resource, options: DeleteOptions): Step {
  return {
    op: options.op,
    urn: old.urn,
    old,
    logical: options.op === "delete",
    operation: "deleting",
    apply: async () => {
      if (options.op === "delete" && old.protect) throw new ProtectedError(protectedFromDeletion(old.urn));
      const goesWithAnother = options.op === "delete" && old.deletedWith && c.deletes.has(old.deletedWith);
      const remote =
        old.custom && !old.external && !isProviderType(old.type) && !old.retainOnDelete && !goesWithAnother;
      if (remote && !c.options.dryRun) {
        const provider = await providerOf(c, old);
        await provider.delete(old.urn, old.id ?? "", old.inputs, old.outputs, seconds(old, "delete"));
      }
      if (options.ahead) {
        old.pendingReplacement = true;
        c.snapshot.touch(old);
      } else c.snapshot.remove(old);
    },
  };
}

/** Deleted ahead of a replacement that the program no longer asks for. */
export function removePendingReplaceStep(c: RunContext, old: Resource): Step {
  return {
    op: "remove-pending-replace",
    urn: old.urn,
    old,
    logical: false,
    apply: async () => c.snapshot.remove(old),
  };
}

export function protectedFromDeletion(urn: string): string {
  return (
    `resource "${urn}" cannot be deleted\n` +
    "because it is protected. To unprotect the resource, either remove the `protect` flag from the resource in your " +
    `Pulumi program and run \`pulumi up\`, or use the command:\n\`pulumi state unprotect ${quoted(urn)}\``
  );
}

export const quoted = (urn: string): string => `'${urn.replace(/'/g, "'\\''")}'`;

function blame(diff: DiffResult | undefined): Pick<Step, "keys" | "diffs" | "detailedDiff"> {
  return {
    keys: diff?.replaceKeys ?? [],
    diffs: diff?.changedKeys ?? [],
    detailedDiff: diff?.detailedDiff ?? null,
  };
}
