import { isObject } from "../../shared/wire";
import type { Wire, WireMap } from "../../shared/wire";
import type { Field, Fields } from "./fields";

/**
 * Where a list or map of scalars is empty: null if it was null in `planned`, else empty. Terraform keeps
 * this difference over an apply; a read leaves them empty.
 */
export function keepNulls(fields: Fields, planned: WireMap, state: WireMap): WireMap {
  const done: WireMap = { ...state };
  for (const [key, field] of Object.entries(fields))
    if (key in state) done[key] = keep(field, planned[key] ?? null, state[key] ?? null);
  return done;
}

function keep(field: Field, planned: Wire, value: Wire): Wire {
  if ((field.kind === "list" || field.kind === "map") && !field.output && !field.computed) {
    const empty = Array.isArray(value)
      ? value.length === 0
      : isObject(value) && Object.keys(value).length === 0;
    return empty && planned === null ? null : value;
  }
  const { fields } = field;
  if (!fields) return value;
  if (Array.isArray(value))
    return value.map((entry, index) => {
      const before = Array.isArray(planned) ? planned[index] : undefined;
      return isObject(entry) && isObject(before) ? keepNulls(fields, before, entry) : entry;
    });
  return isObject(value) && isObject(planned) ? keepNulls(fields, planned, value) : value;
}
