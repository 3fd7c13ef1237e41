import type { Resource, Timeouts } from "./state";
import { makeUrn } from "./urn";
import type { Props, Value } from "./values";

/** An earlier name: a whole URN, or what differs from the present one. */
export interface Alias {
  urn?: string;
  name?: string;
  type?: string;
  stack?: string;
  project?: string;
  parent?: string;
  noParent?: boolean;
}

/** What the program wants of one resource. */
export interface Goal {
  type: string;
  name: string;
  custom: boolean;
  parent: string;
  inputs: Props;
  dependencies: string[];
  propertyDependencies: Record<string, string[]>;
  provider: string;
  protect?: boolean;
  retainOnDelete?: boolean;
  deleteBeforeReplace?: boolean;
  ignoreChanges: string[];
  replaceOnChanges: string[];
  additionalSecretOutputs: string[];
  aliases: Alias[];
  importId: string;
  customTimeouts?: Timeouts;
  deletedWith: string;
  replaceWith: string[];
  replacementTrigger?: Value;
  sourcePosition?: string;
  hideDiffs: string[];
}

export const bareGoal = (type: string, name: string): Goal => ({
  type,
  name,
  custom: true,
  parent: "",
  inputs: {},
  dependencies: [],
  propertyDependencies: {},
  provider: "",
  ignoreChanges: [],
  replaceOnChanges: [],
  additionalSecretOutputs: [],
  aliases: [],
  importId: "",
  deletedWith: "",
  replaceWith: [],
  hideDiffs: [],
});

/** The resource a goal asks for, before any provider has seen it. */
export function wanted(goal: Goal, urn: string, parent: Resource | undefined): Resource {
  const protect = goal.protect ?? parent?.protect ?? false;
  const retainOnDelete = goal.retainOnDelete ?? parent?.retainOnDelete ?? false;
  return {
    urn,
    custom: goal.custom,
    type: goal.type,
    inputs: goal.inputs,
    outputs: {},
    parent: goal.parent,
    protect,
    dependencies: goal.dependencies,
    provider: goal.provider,
    propertyDependencies: goal.propertyDependencies,
    additionalSecretOutputs: goal.additionalSecretOutputs,
    retainOnDelete,
    deletedWith: goal.deletedWith,
    replaceWith: goal.replaceWith,
    ignoreChanges: goal.ignoreChanges,
    replaceOnChanges: goal.replaceOnChanges,
    hideDiff: goal.hideDiffs,
    ...(goal.importId ? { importID: goal.importId } : {}),
    ...(goal.customTimeouts ? { customTimeouts: goal.customTimeouts } : {}),
    ...(goal.replacementTrigger !== undefined ? { replacementTrigger: goal.replacementTrigger } : {}),
    ...(goal.sourcePosition ? { sourcePosition: goal.sourcePosition } : {}),
  };
}

/** Every URN the resource may have had: its own aliases, and those it inherits from a renamed parent. */
export function aliasUrns(
  goal: Goal,
  place: { stack: string; project: string },
  urn: string,
  parentAliases: string[],
  parentName: string,
): string[] {
  const found = new Set<string>();
  const parents = [goal.parent, ...parentAliases];
  const add = (alias: Alias): void => {
    if (alias.urn) return void found.add(alias.urn);
    const stack = alias.stack || place.stack;
    const project = alias.project || place.project;
    const type = alias.type || goal.type;
    const candidates = alias.noParent ? [""] : alias.parent ? [alias.parent] : parents;
    for (const parent of candidates)
      found.add(makeUrn(stack, project, parent, type, alias.name || goal.name));
  };
  for (const alias of goal.aliases) add(alias);
  for (const parent of parentAliases) {
    const oldParentName = parent.split("::").slice(3).join("::");
    const inherited = goal.name.startsWith(parentName)
      ? oldParentName + goal.name.slice(parentName.length)
      : goal.name;
    for (const name of new Set([inherited, goal.name])) {
      found.add(makeUrn(place.stack, place.project, parent, goal.type, name));
    }
  }
  found.delete(urn);
  return [...found];
}
