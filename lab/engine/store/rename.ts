import { STACK_TYPE } from "../core/urn";
import type { Deployment, StoredResource } from "./serialize";

/** Single URNs, lists of them and, for providers, a URN with an id behind it. */
const SINGLE = ["urn", "parent", "deletedWith", "provider", "viewOf"];
const LISTS = ["dependencies", "replaceWith"];

/** The deployment under another stack's name, which is part of every URN and of the root resource's name. */
export function renameInDeployment(d: Deployment, project: string, from: string, to: string): Deployment {
  const rename = (urn: string): string => {
    const prefix = `urn:pulumi:${from}::`;
    if (!urn.startsWith(prefix)) return urn;
    const rest = urn.slice(prefix.length);
    const root = `${project}::${STACK_TYPE}::${project}-${from}`;
    return `urn:pulumi:${to}::${rest === root ? `${project}::${STACK_TYPE}::${project}-${to}` : rest}`;
  };
  const renamed = (r: StoredResource): StoredResource => {
    const out = { ...r };
    for (const key of SINGLE) if (typeof out[key] === "string") out[key] = rename(out[key]);
    for (const key of LISTS) if (Array.isArray(out[key])) out[key] = (out[key] as string[]).map(rename);
    const properties = out["propertyDependencies"] as Record<string, string[]> | undefined;
    if (properties) {
      out["propertyDependencies"] = Object.fromEntries(
        Object.entries(properties).map(([key, urns]) => [key, urns.map(rename)]),
      );
    }
    return out;
  };
  return {
    ...d,
    ...(d.resources ? { resources: d.resources.map(renamed) } : {}),
    ...(d.pending_operations
      ? { pending_operations: d.pending_operations.map((o) => ({ ...o, resource: renamed(o.resource) })) }
      : {}),
  };
}
