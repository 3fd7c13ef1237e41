import { isObject } from "../../shared/wire";
import type { Wire, WireMap } from "../../shared/wire";
import { snakeCase } from "./check";
import type { Field, Fields } from "./fields";

/**
 * What the bridge keeps beside the outputs (`__pulumi_raw_state_delta`) to turn them back into Terraform's
 * state: where a list of one became an object (`plu`), where arrays, maps and objects are, and which names
 * differ by more than their case.
 */
export function rawStateDelta(fields: Fields, state: WireMap): Wire {
  const properties: WireMap = {};
  const renamed: WireMap = {};
  for (const [key, field] of Object.entries(fields)) {
    if (!(key in state)) continue;
    if (field.tf !== undefined && field.tf !== snakeCase(key)) renamed[key] = field.tf;
    const delta = deltaOf(field, state[key] ?? null);
    if (delta !== undefined) properties[key] = delta;
  }
  return {
    obj: {
      ...(Object.keys(properties).length > 0 ? { ps: properties } : {}),
      ...(Object.keys(renamed).length > 0 ? { renamed } : {}),
    },
  };
}

function deltaOf(field: Field, value: Wire): Wire | undefined {
  const inner = field.fields ?? {};
  switch (field.kind) {
    case "block":
      return { plu: { i: isObject(value) ? rawStateDelta(inner, value) : {} } };
    case "map":
      return value === null ? undefined : { map: {} };
    case "list":
    case "blocks": {
      if (!Array.isArray(value)) return undefined;
      const elements = value.flatMap((entry, index): [string, Wire][] =>
        isObject(entry) ? [[String(index), rawStateDelta(inner, entry)]] : [],
      );
      return { arr: elements.length > 0 ? { el: Object.fromEntries(elements) } : {} };
    }
    default:
      return undefined;
  }
}
