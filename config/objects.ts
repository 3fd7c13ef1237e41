/** Objects of JSON, of which nothing is known yet. */

export type Json = Record<string, unknown>;

/** Whether a value is an object, and no list. */
export const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The objects of a list or an object, each with its index or key. */
export function objectsOf(value: unknown): [name: string | number, item: Json][] {
  if (Array.isArray(value)) return [...value.entries()].filter(hasObject);
  return isObject(value) ? Object.entries(value).filter(hasObject) : [];
}

const hasObject = <N>(entry: [N, unknown]): entry is [N, Json] => isObject(entry[1]);
