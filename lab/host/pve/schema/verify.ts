/** Verification of parameters, with the reasons of PVE::JSONSchema. */
import { ParameterError } from "../errors";
import { formats } from "./formats";
import { parsePropertyString, PropertyStringError } from "./property-string";
import type { Parameters, Property, Value, Values } from "./types";

type Checked = { value: Value; error?: undefined } | { error: string };

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
      parsePropertyString(property.format, text, release);
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

/** Checks one value against its schema. */
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

/** Checks all parameters of a call at once; throws ParameterError with every mistake. */
export function verify(parameters: Parameters, given: Record<string, string>, release: 8 | 9): Values {
  const errors: Record<string, string> = {};
  const values: Values = {};
  for (const [key, text] of Object.entries(given)) {
    const property = parameters[key];
    if (!property) {
      errors[key] = "property is not defined in schema and the schema does not allow additional properties";
      continue;
    }
    const checked = verifyValue(property, text, release);
    if (checked.error !== undefined) errors[key] = checked.error.replaceAll("\u0000", key);
    else values[key] = checked.value;
  }
  for (const [key, property] of Object.entries(parameters))
    if (!property.optional && !(key in given)) errors[key] = "property is missing and it is not optional";
  if (Object.keys(errors).length > 0) throw new ParameterError(errors);
  return values;
}
