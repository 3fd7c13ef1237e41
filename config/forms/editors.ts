/** JSON Schemas for editors with the later forms in them. */
import { type Form, stepsOf } from "./form";

interface Schema {
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  additionalProperties?: Schema | boolean;
  anyOf?: Schema[];
  description?: string;
}

/** Adds the keys of the forms to a file's schema. */
export function addForms(schema: object, forms: readonly Form[]): void {
  for (const form of forms) addForm(schema, form);
}

function addForm(schema: Schema, { key, as, note, schema: own }: Form): void {
  const [parent, name] = parentOf(schema, key);
  const ours = as === undefined ? undefined : find(schema, stepsOf(as));
  const description = as === undefined ? `Has no effect: ${note}` : `Read as ${as}: ${note}`;
  if (name === "<key>") {
    parent.additionalProperties = { description };
  } else if (key === as && ours && own) {
    parent.properties![name] = { anyOf: [ours, own], description: ours.description ?? description };
  } else {
    (parent.properties ??= {})[name] = { ...(own ?? ours), description };
  }
  // Either of the two may be there.
  const steps = stepsOf(as ?? "");
  const holder = find(schema, steps.slice(0, -1));
  if (key !== as && holder?.required) holder.required = holder.required.filter((one) => one !== steps.at(-1));
}

function find(schema: Schema, [step, ...rest]: readonly string[]): Schema | undefined {
  if (step === undefined) return schema;
  const values = typeof schema.additionalProperties === "object" ? schema.additionalProperties : undefined;
  const next = step === "[]" ? schema.items : step === "<key>" ? values : schema.properties?.[step];
  return next && find(next, rest);
}

/** The schema of the object that a key stands in, and the key's name there; objects that are new are made. */
function parentOf(schema: Schema, key: string): [parent: Schema, name: string] {
  const steps = stepsOf(key);
  const name = steps.pop() ?? "";
  const parent = steps.reduce<Schema>((place, step) => {
    if (step === "[]") return (place.items ??= {});
    if (step !== "<key>") return ((place.properties ??= {})[step] ??= { description: `See ${key}` });
    if (typeof place.additionalProperties !== "object") place.additionalProperties = {};
    return place.additionalProperties;
  }, schema);
  return [parent, name];
}
