/**
 * One value by its schema, with the reasons of PVE::JSONSchema. A value may be a property string: `key=value,…` with
 * at most one key that may stand without its name, whose values are verified in their turn.
 */
import { formats } from "./formats";
import type { Property, PropertyString, Value, Values } from "./types";

type Checked = { value: Value; error?: undefined } | { error: string };

/** Thrown with a reason per key; `""` is the string as a whole. */
export class PropertyStringError extends Error {
  constructor(readonly errors: Record<string, string>) {
    super("format error");
  }
}

function typed(property: Property, text: string): Value | undefined {
  switch (property.type) {
    case "integer":
      return /^[+-]?\d+$/.test(text) ? Number(text) : undefined;
    case "number":
      return /^[+-]?(\d+(\.\d*)?|\.\d+)$/.test(text) ? Number(text) : undefined;
    case "boolean":
      if (/^(1|on|yes|true)$/i.test(text)) return 1;
      return /^(0|off|no|false)$/i.test(text) ? 0 : undefined;
    case "string":
      return text;
  }
}

function formatError(property: Property, text: string, release: 8 | 9): string | undefined {
  try {
    if (typeof property.format === "object") {
      const values = parsePropertyString(property.format, text, release);
      property.check?.(values);
    } else if (property.format !== undefined) {
      const check = formats[property.format];
      if (!check) throw new Error(`undefined format '${property.format}'`);
      check(text, release);
    }
    return undefined;
  } catch (error) {
    if (!(error instanceof PropertyStringError)) return `invalid format - ${(error as Error).message}`;
    const whole = error.errors[""];
    if (whole !== undefined) return `invalid format - ${whole}`;
    const reasons = Object.entries(error.errors).sort(([a], [b]) => (a < b ? -1 : 1));
    return [
      "invalid format - format error",
      ...reasons.map(([key, reason]) => `\u0000.${key}: ${reason}`),
    ].join("\n");
  }
}

/** Checks one value against its schema. In a reason a NUL stands for the name of the parameter. */
export function verifyValue(property: Property, text: string, release: 8 | 9): Checked {
  const value = typed(property, text);
  if (value === undefined) return { error: `type check ('${property.type}') failed - got '${text}'` };
  const format = formatError(property, text, release);
  if (format !== undefined) return { error: format };
  if (typeof value === "number" && property.type !== "boolean") {
    if (property.minimum !== undefined && value < property.minimum)
      return { error: `value must have a minimum value of ${property.minimum}` };
    if (property.maximum !== undefined && value > property.maximum)
      return { error: `value must have a maximum value of ${property.maximum}` };
  }
  if (property.type === "string") {
    if (property.maxLength !== undefined && text.length > property.maxLength)
      return { error: `value may only be ${property.maxLength} characters long` };
    if (property.minLength !== undefined && text.length < property.minLength)
      return { error: `value must be at least ${property.minLength} characters long` };
    if (property.pattern && !property.pattern.test(text))
      return { error: "value does not match the regex pattern" };
  }
  if (property.enum && !property.enum.includes(text))
    return {
      error: `value '${text}' does not have a value in the enumeration '${property.enum.join(", ")}'`,
    };
  return { value };
}

/** Checks all values of a schema at once; `errors` has a reason for each key that is wrong or missing. */
export function verifyValues(
  schema: Record<string, Property>,
  given: Record<string, string>,
  release: 8 | 9,
): { values: Values; errors: Record<string, string> } {
  const errors: Record<string, string> = {};
  const values: Values = {};
  for (const [key, text] of Object.entries(given)) {
    const property = schema[key];
    if (!property) {
      errors[key] = "property is not defined in schema and the schema does not allow additional properties";
      continue;
    }
    const checked = verifyValue(property, text, release);
    if (checked.error !== undefined) errors[key] = checked.error;
    else values[key] = checked.value;
  }
  for (const key of Object.keys(given)) {
    const requires = schema[key]?.requires;
    if (requires !== undefined && !(requires in given))
      errors[requires] = `missing property - '${key}' requires this property`;
  }
  for (const [key, property] of Object.entries(schema))
    if (!property.optional && !(key in given)) errors[key] = "property is missing and it is not optional";
  return { values, errors };
}

/** Reads and verifies a property string. Throws PropertyStringError. */
export function parsePropertyString(schema: PropertyString, text: string, release: 8 | 9): Values {
  const fallback = Object.keys(schema).find((key) => schema[key]?.defaultKey);
  const given: Record<string, string> = {};
  for (const part of text.split(",")) {
    if (part.trim() === "") continue;
    const match = /^([^=]+)=(.+)$/s.exec(part);
    const key = match?.[1] ?? fallback;
    if (key === undefined)
      throw new PropertyStringError({ "": "value without key, but schema does not define a default key" });
    if (key in given)
      throw new PropertyStringError({ "": `duplicate key in comma-separated list property: ${key}` });
    given[key] = match?.[2] ?? part;
  }
  const { values, errors } = verifyValues(schema, given, release);
  if (Object.keys(errors).length > 0) throw new PropertyStringError(errors);
  return values;
}

/** Writes one: the default key first and bare, then required keys, then the others, each sorted. */
export function printPropertyString(schema: PropertyString, values: Values): string {
  const rank = (key: string) => (schema[key]?.defaultKey ? 0 : schema[key]?.optional ? 2 : 1);
  return Object.keys(values)
    .sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1))
    .map((key) => (schema[key]?.defaultKey ? String(values[key]) : `${key}=${values[key]}`))
    .join(",");
}
