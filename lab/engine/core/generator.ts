import { Bail, messageOf, UserError } from "../errors";
import type { CheckResult, DiffResult } from "../rpc/provider";
import { providerOf, type Decision, type RunContext } from "./context";
import { inputDiff, noDiff, providerDiff, replaceFor, withReplaceOnChanges } from "./diffing";
import type { Step } from "./executor";
import { aliasUrns, wanted, type Goal } from "./goal";
import { importSteps, refusedReplacement } from "./importing";
import { applyIgnoreChanges } from "./paths";
import { createBeforeDelete, deleteBeforeCreate, recreate } from "./replacement";
import { requirementsOf, type Resource } from "./state";
import { createStep, sameStep, untargetedSameStep, updateStep } from "./steps";
import { isDefaultProvider, isProviderType, makeUrn, nameOf, splitReference } from "./urn";
import { equal, unwrap, type Props } from "./values";

export interface Registered {
  urn: string;
  /** Absent when the resource failed or was not tried. */
  resource?: Resource;
  result: "done" | "failed" | "skipped";
}

/** Decides, for each resource as the program registers it, what is to be done, and has it done. */
export class Generator {
  private readonly aliases = new Map<string, string[]>();
  private readonly claimed = new Set<string>();
  /** Resources that are not in the state and that the targets leave out. */
  private readonly skippedCreates = new Set<string>();

  constructor(private readonly c: RunContext) {}

  /** @throws Bail once the run has been stopped. */
  async register(goal: Goal): Promise<Registered> {
    const { c } = this;
    const urn = makeUrn(c.place.stack, c.place.project, goal.parent, goal.type, goal.name);
    try {
      if (c.executor.isStopped) throw new Bail();
      if (this.claimed.has(urn))
        throw new UserError(`Duplicate resource URN '${urn}'; try giving it a unique name`);
      this.claimed.add(urn);
      return await this.decide(goal, urn);
    } catch (error) {
      if (!(error instanceof Bail)) c.executor.fail(urn, messageOf(error));
      c.executor.failed.add(urn);
      if (c.executor.isStopped) throw new Bail();
      return { urn, result: "failed" };
    }
  }

  /** A resource whose provider could not be had: it failed with it, and what the state has of it stays. */
  abandon(goal: Goal): Registered {
    const urn = makeUrn(this.c.place.stack, this.c.place.project, goal.parent, goal.type, goal.name);
    this.remember(urn, this.findOld(goal, urn), "skipped");
    this.c.executor.failed.add(urn);
    return { urn, result: "failed" };
  }

  private async decide(goal: Goal, urn: string): Promise<Registered> {
    const { c } = this;
    const old = this.findOld(goal, urn);
    const made = wanted(goal, urn, c.news.get(goal.parent));
    if (old && old.urn !== urn) made["aliases"] = undefined;
    const needed = requirementsOf(made);
    if (needed.some((u) => c.executor.failed.has(u))) {
      this.remember(urn, old, "skipped");
      c.executor.failed.add(urn);
      return { urn, result: "skipped" };
    }
    // What was deleted ahead has to come back, whether it was aimed at or not.
    const targeted = c.targets.allowsUpdate(made) || (old && c.deletedEarly.has(old));
    if (!targeted) return this.leaveAlone(urn, old, made);
    this.refuseUntargetedNeeds(urn, needed);
    const importing =
      goal.importId && goal.custom && (!old || old.external || !sameImport(old, goal.importId));
    const imported = importing ? await this.bringIn(goal, urn, old, made) : undefined;
    const steps = imported
      ? await this.stepsAfterImport(goal, urn, imported, made)
      : await this.stepsFor(goal, urn, old, made);
    for (const step of steps) await c.executor.run(step);
    const final = imported && steps.length === 0 ? imported : made;
    c.news.set(urn, final);
    return { urn, resource: final, result: "done" };
  }

  private findOld(goal: Goal, urn: string): Resource | undefined {
    const { c } = this;
    const parentAliases = this.aliases.get(goal.parent) ?? [];
    const names = aliasUrns(goal, c.place, urn, parentAliases, goal.parent ? nameOf(goal.parent) : "");
    this.aliases.set(urn, names);
    const found = c.olds.get(urn);
    if (found) return found;
    for (const name of names) {
      const old = c.olds.get(name);
      if (old && !c.decisions.has(name) && !this.claimed.has(name)) {
        this.claimed.add(name);
        return old;
      }
    }
    return undefined;
  }

  private remember(urn: string, old: Resource | undefined, decision: Decision): void {
    this.c.decisions.set(urn, decision);
    if (old) this.c.decisions.set(old.urn, decision);
  }

  private async stepsFor(
    goal: Goal,
    urn: string,
    old: Resource | undefined,
    made: Resource,
  ): Promise<Step[]> {
    const { c } = this;
    const recreating = old !== undefined && c.deletes.has(old.urn) && c.deletedEarly.has(old);
    const fresh = recreating || !old || Boolean(old.external) || this.mustReplace(urn, old);
    const ignoring = old ? applyIgnoreChanges(goal.inputs, old.inputs, goal.ignoreChanges) : goal.inputs;
    made.inputs = await this.check(made, fresh ? {} : (old?.inputs ?? {}), fresh ? goal.inputs : ignoring);
    if (!old) {
      this.remember(urn, old, "create");
      return [createStep(c, made)];
    }
    if (recreating) {
      this.remember(urn, old, "replace");
      return recreate(c, old, made);
    }
    if (old.external) {
      this.remember(urn, old, "create");
      return [createStep(c, made, "create-replacement", old)];
    }
    const diff = withReplaceOnChanges(
      await this.diff(goal, old, made),
      goal.replaceOnChanges,
      Boolean(old.initErrors?.length),
    );
    // What deletes ahead may have condemned this one while its provider was asked.
    if (c.deletedEarly.has(old)) {
      made.inputs = await this.check(made, {}, goal.inputs);
      this.remember(urn, old, "replace");
      return recreate(c, old, made);
    }
    return this.act(goal, urn, old, made, diff);
  }

  private async act(
    goal: Goal,
    urn: string,
    old: Resource,
    made: Resource,
    diff: DiffResult,
  ): Promise<Step[]> {
    const { c } = this;
    const replaces = diff.replaceKeys.length > 0 || old.pendingReplacement === true;
    if (replaces && (diff.changes === "some" || old.pendingReplacement)) {
      if (made.protect && old.protect) throw new UserError(protectedFromReplacement(urn));
      if (goal.importId) throw refusedReplacement(diff.replaceKeys, old.inputs, made.inputs);
      this.remember(urn, old, "replace");
      if (!this.mustReplace(urn, old)) made.inputs = await this.check(made, {}, goal.inputs);
      const first = goal.deleteBeforeReplace ?? diff.deleteBeforeReplace;
      if (first || old.pendingReplacement) return deleteBeforeCreate(c, old, made, diff);
      return createBeforeDelete(c, old, made, diff);
    }
    if (diff.changes === "some" || old.initErrors?.length) {
      this.remember(urn, old, "update");
      return [updateStep(c, old, made, diff)];
    }
    this.remember(urn, old, "same");
    return [sameStep(c, old, made)];
  }

  private async leaveAlone(urn: string, old: Resource | undefined, made: Resource): Promise<Registered> {
    const { c } = this;
    this.remember(urn, old, old ? "same" : "skipped");
    if (old) {
      await c.executor.run(untargetedSameStep(c, old));
      c.news.set(urn, old);
      return { urn, resource: old, result: "done" };
    }
    // Not in the state and not to be made: it stays out, and what needs it may not be made either.
    this.skippedCreates.add(urn);
    await c.executor.run({ op: "same", urn, new: made, logical: false, apply: async () => undefined });
    c.news.set(urn, made);
    return { urn, resource: made, result: "done" };
  }

  private refuseUntargetedNeeds(urn: string, needed: string[]): void {
    const missing = needed.find((need) => this.skippedCreates.has(need));
    if (missing === undefined) return;
    // Pulumi's own words.
    throw new UserError(
      `Resource '${urn}' depends on '${missing}' which was was not specified in --target list.`,
    );
  }

  /** Named by `--replace`, or marked for it in the state (`pulumi state taint`). */
  private mustReplace(urn: string, old: Resource | undefined): boolean {
    return this.c.replaceNamed(urn) || old?.["taint"] === true;
  }

  /** @returns the resource as it is, which now is in the state. */
  private async bringIn(
    goal: Goal,
    urn: string,
    old: Resource | undefined,
    made: Resource,
  ): Promise<Resource> {
    const found = { ...made };
    this.remember(urn, old, "import");
    for (const step of importSteps(this.c, goal.importId, found, old)) await this.c.executor.run(step);
    return found;
  }

  /** What the program wants of an imported resource beyond what it is; nothing when they agree. */
  private async stepsAfterImport(
    goal: Goal,
    urn: string,
    imported: Resource,
    made: Resource,
  ): Promise<Step[]> {
    const wanted = applyIgnoreChanges(goal.inputs, imported.inputs, goal.ignoreChanges);
    made.inputs = await this.check(made, imported.inputs, wanted);
    const diff = withReplaceOnChanges(
      await this.diff(goal, imported, made),
      goal.replaceOnChanges,
      Boolean(imported.initErrors?.length),
    );
    const steps = await this.act(goal, urn, imported, made, diff);
    return steps.some((step) => step.op !== "same") ? steps : [];
  }

  private async check(made: Resource, olds: Props, news: Props): Promise<Props> {
    if (!made.custom) return news;
    const { c } = this;
    const result: CheckResult = isProviderType(made.type)
      ? await c.registry.check(made.urn, olds, news)
      : await (await providerOf(c, made)).check(made.urn, olds, news);
    for (const { property, reason } of result.failures) {
      const value = JSON.stringify(unwrap(news[property] ?? null));
      const message = property
        ? `${made.type} resource '${nameOf(made.urn)}': property ${property} value {${value}} has a problem: ${reason}`
        : `${made.type} resource '${nameOf(made.urn)}' has a problem: ${reason}`;
      c.executor.fail(made.urn, message);
    }
    if (result.failures.length > 0) throw new Bail();
    return result.inputs;
  }

  private async diff(goal: Goal, old: Resource, made: Resource): Promise<DiffResult> {
    const { c } = this;
    if (goal.replacementTrigger !== undefined && old.replacementTrigger !== undefined) {
      if (!equal(unwrap(goal.replacementTrigger), unwrap(old.replacementTrigger)))
        return replaceFor("replacementTrigger");
    }
    if (this.mustReplace(made.urn, old)) return replaceFor("id");
    if (goal.replaceWith.some((urn) => c.decisions.get(urn) === "replace")) return replaceFor("replaceWith");
    if (!made.custom) return inputDiff(old.inputs, made.inputs);
    if (isProviderType(made.type)) {
      const diff = await c.registry.diff(made.urn, old, made.inputs);
      return diff.changes === "unknown" ? inputDiff(old.inputs, made.inputs) : diff;
    }
    if (await this.providerReplaced(old, made)) return replaceFor("provider");
    const provider = await providerOf(c, made);
    return provider.ready ? providerDiff(provider, old, made.inputs, goal.ignoreChanges) : noDiff();
  }

  /** Another provider means another resource, unless both are defaults or it says that it is the same. */
  private async providerReplaced(old: Resource, made: Resource): Promise<boolean> {
    if (old.provider === made.provider || !old.provider || !made.provider) return false;
    const before = splitReference(old.provider);
    const after = splitReference(made.provider);
    if (isDefaultProvider(before.urn) && isDefaultProvider(after.urn)) return false;
    if (before.urn === after.urn) return this.c.decisions.get(after.urn) === "replace";
    const oldProvider = this.c.olds.get(before.urn);
    const newProvider = this.c.news.get(after.urn);
    if (!oldProvider || !newProvider) return true;
    const provider = await this.c.registry.get(made.provider);
    const diff = await provider.diffConfig(
      after.urn,
      oldProvider.inputs,
      oldProvider.outputs,
      newProvider.inputs,
    );
    return diff.replaceKeys.length > 0;
  }
}

const sameImport = (old: Resource, id: string): boolean => old.id === id || old.importID === id;

function protectedFromReplacement(urn: string): string {
  return (
    `unable to replace resource "${urn}"\nas it is currently marked for protection. To unprotect the resource, ` +
    "remove the `protect` flag from the resource in your Pulumi program and run `pulumi up`"
  );
}
