/** JSON Schemas for editors with the later forms in them. */
import { type Form, stepsOf } from "./form";

interface Schema {
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  additionalProperties?: Schema;
  anyOf?: Schema[];
  description?: string;
}

/** Adds the keys of the forms to a file's schema. */
export function addForms(schema: object, forms: readonly Form[]): void {
  for (const form of forms) addForm(schema, form);
}

function addForm(schema: Schema, { key, as, note, schema: own }: Form): void {
  const place = parentOf(schema, key);
  const ours = as === undefined ? undefined : parentOf(schema, as);
  const value = ours?.parent.properties?.[ours.name];
  if (key === as) {
    place.parent.properties![place.name] = { anyOf: [value!, own!], description: value?.description ?? "" };
    return;
  }
  const description = as === undefined ? `Has no effect: ${note}` : `Read as ${as}: ${note}`;
  (place.parent.properties ??= {})[place.name] = { ...(own ?? value), description };
  // Either of the two may be there.
  if (ours?.parent.required) ours.parent.required = ours.parent.required.filter((name) => name !== ours.name);
}

/** The schema of the object that a key stands in, and the key's name there; objects that are new are made. */
function parentOf(schema: Schema, key: string): { parent: Schema; name: string } {
  const steps = stepsOf(key);
  const name = steps.pop() ?? "";
  const parent = steps.reduce<Schema>((place, step) => {
    if (step === "[]") return (place.items ??= {});
    if (step === "<key>") return (place.additionalProperties ??= {});
    return ((place.properties ??= {})[step] ??= {});
  }, schema);
  return { parent, name };
}
