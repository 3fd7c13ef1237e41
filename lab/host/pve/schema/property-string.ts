/** Property strings: `key=value,…` with at most one key that may stand without its name. */
import { verifyValue } from "./verify";
import type { PropertyString, Values } from "./types";

/** Thrown with a reason per key; `""` is the string as a whole. */
export class PropertyStringError extends Error {
  constructor(readonly errors: Record<string, string>) {
    super("format error");
  }
}

/** Reads and verifies a property string. Throws PropertyStringError. */
export function parsePropertyString(schema: PropertyString, text: string, release: 8 | 9): Values {
  const fallback = Object.keys(schema).find((key) => schema[key]?.defaultKey);
  const values: Record<string, string> = {};
  for (const part of text.split(",")) {
    if (part.trim() === "") continue;
    const match = /^([^=]+)=(.+)$/s.exec(part);
    const key = match?.[1] ?? fallback;
    if (key === undefined)
      throw new PropertyStringError({ "": "value without key, but schema does not define a default key" });
    if (key in values)
      throw new PropertyStringError({ "": `duplicate key in comma-separated list property: ${key}` });
    values[key] = match?.[2] ?? part;
  }
  const errors: Record<string, string> = {};
  const result: Values = {};
  for (const [key, value] of Object.entries(values)) {
    const property = schema[key];
    if (!property) {
      errors[key] = "property is not defined in schema and the schema does not allow additional properties";
      continue;
    }
    const checked = verifyValue(property, value, release);
    if (checked.error !== undefined) errors[key] = checked.error;
    else result[key] = checked.value;
  }
  for (const [key, property] of Object.entries(schema))
    if (!property.optional && !(key in values)) errors[key] = "property is missing and it is not optional";
  if (Object.keys(errors).length > 0) throw new PropertyStringError(errors);
  return result;
}

/** Writes one: the default key first and bare, then required keys, then the others, each sorted. */
export function printPropertyString(schema: PropertyString, values: Values): string {
  const rank = (key: string) => (schema[key]?.defaultKey ? 0 : schema[key]?.optional ? 2 : 1);
  return Object.keys(values)
    .sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1))
    .map((key) => (schema[key]?.defaultKey ? String(values[key]) : `${key}=${values[key]}`))
    .join(",");
}
