import type { Field, Shape } from "./properties";

/** A Pulumi package schema of the shapes, as far as tools need one: types, defaults, secrets, replacements. */
export function packageSchema(name: string, version: string, shapes: Record<string, Shape>): object {
  const types: Record<string, object> = {};
  const resources = Object.fromEntries(
    Object.entries(shapes).map(([token, shape]) => {
      const inputProperties = mapFields(shape, types);
      return [token, { inputProperties, requiredInputs: required(shape), properties: inputProperties }];
    }),
  );
  return { name, version, types, resources, functions: {}, provider: {}, config: {} };
}

function mapFields(shape: Shape, types: Record<string, object>): Record<string, object> {
  return Object.fromEntries(
    Object.entries(shape.fields).map(([name, field]) => [
      name,
      {
        ...typeOf(field, types),
        ...(field.default === undefined ? {} : { default: field.default }),
        ...(field.secret ? { secret: true } : {}),
        ...(field.replaces ? { replaceOnChanges: true } : {}),
      },
    ]),
  );
}

function required(shape: Shape): string[] {
  return Object.keys(shape.fields).filter((name) => shape.fields[name]?.required);
}

function typeOf({ kind }: Field, types: Record<string, object>): object {
  if (typeof kind === "object") {
    const [module, type] = kind.goType.split(".");
    const token = `command:${module}:${type}`;
    types[token] ??= { type: "object", properties: mapFields(kind, types), required: required(kind) };
    return { $ref: `#/types/${token}` };
  }
  switch (kind) {
    case "strings":
      return { type: "array", items: { type: "string" } };
    case "stringMap":
      return { type: "object", additionalProperties: { type: "string" } };
    case "list":
      return { type: "array", items: { $ref: "pulumi.json#/Any" } };
    case "asset":
      return { $ref: "pulumi.json#/Asset" };
    default:
      return { type: kind };
  }
}
