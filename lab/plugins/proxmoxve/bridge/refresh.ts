import { equal, isObject, isSecret, open, secret } from "../../shared/wire";
import type { Wire, WireMap } from "../../shared/wire";
import { isInternal, zeroOf } from "./fields";
import type { Field, Fields } from "./fields";

/**
 * Inputs after a read: the old ones with the values the state has now. What no input named stays out, so a
 * drift there shows only in the outputs.
 */
export function refreshInputs(fields: Fields, olds: WireMap, state: WireMap): WireMap {
  const done: WireMap = {};
  for (const [key, old] of Object.entries(olds))
    if (!isInternal(key)) done[key] = refreshed(fields[key], old, state[key] ?? null);
  const marked = Array.isArray(olds["__defaults"]) ? olds["__defaults"] : [];
  const kept = marked.filter((key) => typeof key === "string" && equal(olds[key] ?? null, done[key] ?? null));
  return kept.length > 0 ? { __defaults: kept, ...done } : done;
}

function refreshed(field: Field | undefined, old: Wire, value: Wire): Wire {
  if (!field) return old;
  if (isSecret(old)) return secret(refreshed(field, open(old), value));
  const inner = field.fields;
  if (!inner) return value;
  if (Array.isArray(value)) {
    const olds = Array.isArray(old) ? old : [];
    return value.map((entry, index) => {
      const before = olds[index];
      return isObject(entry) && isObject(before)
        ? refreshInputs(inner, before, entry)
        : extractInputs(inner, entry);
    });
  }
  return isObject(value) && isObject(old) ? refreshInputs(inner, old, value) : extractInputs(inner, value);
}

/** Inputs of a resource that had none (an import): all that is not computed and not as it would be anyway. */
export function extractInputs(fields: Fields, state: Wire): Wire {
  if (!isObject(state)) return state;
  const done: WireMap = {};
  for (const [key, field] of Object.entries(fields)) {
    const value = state[key] ?? null;
    if (field.output || field.deprecated || value === null || (Array.isArray(value) && value.length === 0))
      continue;
    if (equal(value, field.default ?? zeroOf(field))) continue;
    const inner = field.fields;
    if (!inner) done[key] = value;
    else if (Array.isArray(value)) done[key] = value.map((entry) => extractInputs(inner, entry));
    else done[key] = extractInputs(inner, value);
  }
  return { __defaults: [], ...done };
}
