import { member, rootOf } from "../../shared/objectDiff";
import type { DetailedDiff, DiffKind } from "../../shared/objectDiff";
import type { DiffRequest, DiffResult } from "../../shared/provider";
import { equal, isObject, unknown } from "../../shared/wire";
import type { Wire, WireMap } from "../../shared/wire";
import { zeroOf } from "./fields";
import type { Field, Fields } from "./fields";
import { planState } from "./plan";

export type Compare = (before: WireMap, after: WireMap) => DetailedDiff;

/**
 * Compares the state with what the new inputs ask for, property by property, as Terraform plans.
 * @param compare For a resource with rules of its own (Terraform's CustomizeDiff).
 */
export function diffBridged(
  fields: Fields,
  request: DiffRequest,
  compare: Compare = (before, after) => diffState(fields, before, after),
): DiffResult {
  const detailed = compare(request.state, planState(fields, request.inputs, request.state));
  for (const path of Object.keys(detailed))
    if (request.ignoreChanges.some((ignored) => covers(ignored, path))) delete detailed[path];
  const changed = new Set(Object.keys(detailed).map(rootOf));
  const stables = Object.keys(fields).filter((key) => fields[key]?.stable && !changed.has(key));
  return { changes: changed.size > 0, detailed, stables: stables.sort() };
}

function covers(ignored: string, path: string): boolean {
  return path === ignored || path.startsWith(`${ignored}.`) || path.startsWith(`${ignored}[`);
}

/** Differences by path; both sides are states. */
export function diffState(fields: Fields, before: WireMap, after: WireMap): DetailedDiff {
  const found: DetailedDiff = {};
  objects("", fields, before, after, false, found);
  return found;
}

function objects(
  path: string,
  fields: Fields,
  before: WireMap,
  after: WireMap,
  replaces: boolean,
  found: DetailedDiff,
) {
  for (const [key, field] of Object.entries(fields))
    values(member(path, key), field, before[key] ?? null, after[key] ?? null, replaces, found);
}

function values(
  path: string,
  field: Field,
  before: Wire,
  after: Wire,
  above: boolean,
  found: DetailedDiff,
): void {
  const replaces = above || field.replaces === true;
  if (field.suppress?.(before, after)) return;
  const mark = (at: string, kind: DiffKind) => {
    found[at] = replaces ? (`${kind}_REPLACE` as DiffKind) : kind;
  };
  const inner = field.fields ?? {};
  if (field.kind === "blocks" || field.kind === "list") {
    const [olds, news] = [Array.isArray(before) ? before : [], Array.isArray(after) ? after : []];
    if (field.unordered && equal([...olds].sort(), [...news].sort())) return;
    if (after === unknown) return mark(path, "UPDATE");
    for (let index = 0; index < Math.max(olds.length, news.length); index++) {
      const at = `${path}[${index}]`;
      const [old, young] = [olds[index], news[index]];
      if (old === undefined) mark(at, "ADD");
      else if (young === undefined) mark(at, "DELETE");
      else if (isObject(old) && isObject(young)) objects(at, inner, old, young, replaces, found);
      else if (!equal(old, young)) mark(at, "UPDATE");
    }
  } else if (field.kind === "block" && isObject(before) && isObject(after)) {
    objects(path, inner, before, after, replaces, found);
  } else if (field.kind === "map" && isObject(before) && isObject(after)) {
    for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
      if (!(key in before)) mark(member(path, key), "ADD");
      else if (!(key in after)) mark(member(path, key), "DELETE");
      else if (!equal(before[key] ?? null, after[key] ?? null)) mark(member(path, key), "UPDATE");
    }
  } else if (!same(field, before, after))
    mark(path, before === null ? "ADD" : after === null ? "DELETE" : "UPDATE");
}

/** Nothing, the kind's zero and an empty collection are the same to Terraform. */
function same(field: Field, before: Wire, after: Wire): boolean {
  const blank = (value: Wire): boolean =>
    value === null ||
    equal(value, zeroOf(field)) ||
    (isObject(value) && Object.keys(value).length === 0) ||
    value === "";
  return (blank(before) && blank(after)) || equal(before, after);
}
