/** What the tests of keys read of a JSON schema. */
export interface Schema {
  properties?: Record<string, Schema>;
  items?: Schema;
  additionalProperties?: Schema | boolean;
}

/** Keys as `vms[].name`, those that hold no others; `*` is any key of a map whose values have a schema. */
export function keysOf(schema: Schema, prefix = ""): string[] {
  const { properties = {}, items, additionalProperties: values } = schema;
  if (items) return items.properties ? keysOf(items, `${prefix}[]`) : [prefix];
  if (typeof values === "object" && Object.keys(values).length > 0)
    return values.properties ? keysOf(values, `${prefix}.*`) : [`${prefix}.*`];
  const names = Object.entries(properties);
  if (names.length === 0) return [prefix];
  return names.flatMap(([name, one]) => keysOf(one, prefix === "" ? name : `${prefix}.${name}`));
}
