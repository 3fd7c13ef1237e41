import { equal, isObject, open, outputSignature, signatureOf } from "./wire";
import type { Wire, WireMap } from "./wire";

export type DiffKind = "ADD" | "ADD_REPLACE" | "DELETE" | "DELETE_REPLACE" | "UPDATE" | "UPDATE_REPLACE";

/** Kind of difference by property path, such as `environment.PHASE` or `triggers[0]`. */
export type DetailedDiff = Record<string, DiffKind>;

/** A property path with one more key, in the notation engines parse. */
export function member(path: string, key: string): string {
  if (/^[A-Za-z_$][A-Za-z0-9_$]*$/.test(key)) return path === "" ? key : `${path}.${key}`;
  return `${path}["${key.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"]`;
}

/** First key of a property path. */
export function rootOf(path: string): string {
  const quoted = /^\["((?:[^"\\]|\\.)*)"\]/.exec(path);
  if (quoted) return (quoted[1] ?? "").replace(/\\(.)/g, "$1");
  return /^[^.[]*/.exec(path)?.[0] ?? path;
}

/**
 * Differences between two sets of inputs by path, down to scalars; secrets are compared whole, so a change
 * inside one shows at the secret's own path. As `resource.PropertyMap.Diff` of Pulumi's Go SDK.
 */
export function diffInputs(olds: WireMap, news: WireMap): DetailedDiff {
  const found: DetailedDiff = {};
  objects("", olds, news, found);
  return found;
}

function objects(path: string, olds: WireMap, news: WireMap, found: DetailedDiff): void {
  for (const key of [...new Set([...Object.keys(olds), ...Object.keys(news)])].sort()) {
    const before = olds[key] ?? null;
    const after = news[key] ?? null;
    const at = member(path, key);
    if (signatureOf(after) === outputSignature && key in olds) continue;
    if (before === null && after !== null) found[at] = "ADD";
    else if (before !== null && after === null) found[at] = "DELETE";
    else values(at, before, after, found);
  }
}

function values(path: string, before: Wire, after: Wire, found: DetailedDiff): void {
  if (Array.isArray(before) && Array.isArray(after)) {
    for (let index = 0; index < Math.max(before.length, after.length); index++) {
      const at = `${path}[${index}]`;
      if (index >= before.length) found[at] = "ADD";
      else if (index >= after.length) found[at] = "DELETE";
      else values(at, before[index] ?? null, after[index] ?? null, found);
    }
  } else if (isObject(before) && isObject(after)) objects(path, before, after, found);
  else if (!equal(before, after)) found[path] = "UPDATE";
}

/** Whether an input is the same in both, secret marks aside. */
export function sameInput(before: Wire | undefined, after: Wire | undefined): boolean {
  return equal(open(before ?? null), open(after ?? null));
}
