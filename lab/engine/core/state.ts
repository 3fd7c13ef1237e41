import { splitReference } from "./urn";
import type { Props, Value } from "./values";

/** Seconds, as Pulumi's SDK sends them. */
export interface Timeouts {
  create?: number;
  update?: number;
  delete?: number;
}

/** A resource as the state holds it (apitype.ResourceV3); secrets are open in memory, closed on disk. */
export interface Resource {
  urn: string;
  custom: boolean;
  delete?: boolean;
  id?: string;
  type: string;
  inputs: Props;
  outputs: Props;
  parent?: string;
  protect?: boolean;
  external?: boolean;
  dependencies?: string[];
  initErrors?: string[];
  provider?: string;
  propertyDependencies?: Record<string, string[]>;
  pendingReplacement?: boolean;
  additionalSecretOutputs?: string[];
  customTimeouts?: Timeouts;
  importID?: string;
  retainOnDelete?: boolean;
  deletedWith?: string;
  replaceWith?: string[];
  replacementTrigger?: Value;
  created?: string;
  modified?: string;
  sourcePosition?: string;
  ignoreChanges?: string[];
  replaceOnChanges?: string[];
  hideDiff?: string[];
  /** Fields of other engine versions, kept as they came. */
  [other: string]: unknown;
}

export type OperationType = "creating" | "updating" | "deleting" | "reading" | "importing";

export interface Operation {
  resource: Resource;
  type: OperationType;
}

/** Every URN a resource cannot live without: parent, provider, dependencies, deletedWith, replaceWith. */
export function requirementsOf(r: Resource): string[] {
  const found = new Set<string>(r.dependencies ?? []);
  for (const urns of Object.values(r.propertyDependencies ?? {})) for (const urn of urns) found.add(urn);
  for (const urn of r.replaceWith ?? []) found.add(urn);
  if (r.parent) found.add(r.parent);
  if (r.deletedWith) found.add(r.deletedWith);
  if (r.provider) found.add(splitReference(r.provider).urn);
  return [...found];
}

/** Everything in `resources` that needs `root`, directly or not, in the order of the state. */
export function dependentsOf(
  root: Resource,
  resources: Resource[],
  skip: (r: Resource) => boolean,
): Resource[] {
  const inSet = new Set([root.urn]);
  const found: Resource[] = [];
  const start = resources.indexOf(root);
  for (const r of resources.slice(start + 1)) {
    if (skip(r) || r === root) continue;
    if (requirementsOf(r).some((urn) => inSet.has(urn))) {
      inSet.add(r.urn);
      found.push(r);
    }
  }
  return found;
}
