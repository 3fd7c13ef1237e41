import type { DiffResult, Provider } from "../rpc/provider";
import type { PropertyDiff } from "./events";
import { applyIgnoreChanges, contains, parsePath } from "./paths";
import type { Resource } from "./state";
import { changedKeys, type Props } from "./values";

export const noDiff = (): DiffResult => ({
  changes: "none",
  replaceKeys: [],
  changedKeys: [],
  deleteBeforeReplace: false,
  detailedDiff: null,
});

/** A replacement for a reason that lies outside the properties. */
export const replaceFor = (key: string): DiffResult => ({
  ...noDiff(),
  changes: "some",
  replaceKeys: key ? [key] : [],
});

/** What a comparison of two sets of inputs says, for want of a provider's opinion. */
export function inputDiff(olds: Props, news: Props): DiffResult {
  const keys = changedKeys(olds, news);
  if (keys.length === 0) return noDiff();
  const kind = (key: string): PropertyDiff["diffKind"] =>
    !(key in olds) ? "add" : !(key in news) ? "delete" : "update";
  return {
    ...noDiff(),
    changes: "some",
    changedKeys: keys,
    detailedDiff: Object.fromEntries(keys.map((k) => [k, { diffKind: kind(k), inputDiff: true }])),
  };
}

/** Asks the provider; when it does not know, compares the inputs. */
export async function providerDiff(
  provider: Pick<Provider, "diff">,
  old: Resource,
  inputs: Props,
  ignoreChanges: string[],
): Promise<DiffResult> {
  const diff = await provider.diff(old.urn, old.id ?? "", old.inputs, old.outputs, inputs, ignoreChanges);
  if (diff.changes !== "unknown") return diff;
  return {
    ...inputDiff(old.inputs, applyIgnoreChanges(inputs, old.inputs, ignoreChanges)),
    replaceKeys: diff.replaceKeys,
  };
}

/** Turns changes of properties named in replaceOnChanges into reasons for a replacement. */
export function withReplaceOnChanges(
  diff: DiffResult,
  replaceOnChanges: string[],
  initErrors: boolean,
): DiffResult {
  if ((diff.changes !== "some" && !initErrors) || replaceOnChanges.length === 0) return diff;
  const paths = replaceOnChanges.map(parsePath);
  const forces = (path: string): boolean => paths.some((p) => contains(p, parsePath(path)));
  const replaceKeys = new Set(diff.replaceKeys);
  for (const key of diff.changedKeys) if (forces(key)) replaceKeys.add(key);
  const detailed: Record<string, PropertyDiff> = {};
  for (const [path, property] of Object.entries(diff.detailedDiff ?? {})) {
    const replaces = forces(path) && !property.diffKind.endsWith("-replace");
    const diffKind = replaces
      ? (`${property.diffKind}-replace` as PropertyDiff["diffKind"])
      : property.diffKind;
    detailed[path] = { ...property, diffKind };
    if (replaces) replaceKeys.add(/^[^.[]+/.exec(path)?.[0] ?? path);
  }
  const initError =
    initErrors && paths.some((p) => p.length === 1 && (p[0] === "#initerror" || p[0] === "*"));
  if (initError) replaceKeys.add("#initerror");
  return {
    ...diff,
    changes: initError ? "some" : diff.changes,
    replaceKeys: [...replaceKeys],
    detailedDiff: diff.detailedDiff ? detailed : null,
  };
}
