import type { CheckFailure, CheckResult } from "../../shared/provider";
import { isObject, isSecret, open, secret, unknown } from "../../shared/wire";
import type { Wire, WireMap } from "../../shared/wire";
import { isInternal } from "./fields";
import type { Field, Fields } from "./fields";
import { tooMany } from "./rules";

/**
 * Inputs with defaults, each object with a `__defaults` list of what was filled in. A property that was a
 * default before keeps its old value, so that a provider's new defaults change nothing.
 */
export function checkBridged(name: string, fields: Fields, olds: WireMap, news: WireMap): CheckResult {
  const failures = validate(name, fields, news);
  return { inputs: failures.length > 0 ? news : complete(fields, olds, news), failures };
}

function validate(path: string, fields: Fields, news: WireMap): CheckFailure[] {
  const failures: CheckFailure[] = [];
  for (const [key, field] of Object.entries(fields))
    if (field.required && (news[key] ?? null) === null)
      failures.push({
        property: "",
        reason:
          `Missing required argument. The argument "${field.tf ?? snakeCase(key)}" is required, but no definition ` +
          `was found.. Examine values at '${path}.${key}'.`,
      });
  for (const [key, value] of Object.entries(news)) {
    if (isInternal(key)) continue;
    const field = fields[key];
    const at = `${path}.${key}`;
    if (!field || field.output) {
      failures.push({ property: "", reason: `Invalid or unknown key. Examine values at '${at}'.` });
      continue;
    }
    const opened = open(value);
    if (opened === unknown || opened === null) continue;
    if (!fits(field, opened)) {
      const expected = { block: "object", blocks: "list", list: "list", map: "map" }[field.kind as "block"];
      failures.push({
        property: "",
        reason: `expected ${expected ?? field.kind}. Examine values at '${at}'.`,
      });
      continue;
    }
    const isScalar = typeof opened !== "object";
    const faults = isScalar ? (field.valid?.(opened, field.tf ?? snakeCase(key)) ?? []) : [];
    if (Array.isArray(opened) && field.most !== undefined && opened.length > field.most)
      faults.push(tooMany(field.most, opened.length));
    for (const fault of faults)
      failures.push({ property: "", reason: `${fault}. Examine values at '${at}'.` });
    if (field.fields)
      for (const [index, entry] of entries(opened))
        failures.push(...validate(index === undefined ? at : `${at}[${index}]`, field.fields, entry));
  }
  return failures;
}

function fits(field: Field, value: Wire): boolean {
  switch (field.kind) {
    case "block":
    case "map":
      return isObject(value);
    case "blocks":
    case "list":
      return Array.isArray(value);
    // The bridge converts between scalars, as Terraform does.
    default:
      return ["string", "number", "boolean"].includes(typeof value);
  }
}

function entries(value: Wire): [number | undefined, WireMap][] {
  if (!Array.isArray(value)) return [[undefined, value as WireMap]];
  return value.flatMap((entry, index): [number, WireMap][] => {
    const opened = open(entry);
    return isObject(opened) ? [[index, opened]] : [];
  });
}

export function snakeCase(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function complete(fields: Fields, olds: WireMap, news: WireMap): WireMap {
  const done: WireMap = {};
  for (const [key, value] of Object.entries(news)) {
    if (isInternal(key) || value === null) continue;
    done[key] = nested(fields[key], olds[key] ?? null, value);
  }
  const defaulted: string[] = [];
  for (const [key, field] of Object.entries(fields)) {
    if (key in done || field.default === undefined || field.deprecated) continue;
    const keepOld = key in olds && usesOldDefault(olds, key);
    done[key] = keepOld ? nested(field, olds[key] ?? null, olds[key] ?? null) : field.default;
    defaulted.push(key);
  }
  return { __defaults: defaulted.sort(), ...done };
}

/** An old object that does not say which of its properties were defaults may have had any as one. */
function usesOldDefault(olds: WireMap, key: string): boolean {
  const marked = olds["__defaults"];
  return Array.isArray(marked) ? marked.includes(key) : true;
}

function nested(field: Field | undefined, old: Wire, value: Wire): Wire {
  if (isSecret(value)) return secret(nested(field, open(old), open(value)));
  if (field?.secret && value !== null) return secret(value);
  if (!field?.fields) return value;
  const inner = field.fields;
  const oldMap = (entry: Wire | undefined): WireMap => {
    const opened = open(entry ?? null);
    return isObject(opened) ? opened : { __defaults: [] };
  };
  if (Array.isArray(value)) {
    const oldList = open(old);
    return value.map((entry, index) =>
      isObject(entry)
        ? complete(inner, oldMap(Array.isArray(oldList) ? oldList[index] : null), entry)
        : entry,
    );
  }
  return isObject(value) ? complete(inner, oldMap(old), value) : value;
}
