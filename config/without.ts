/** An entry without some of its keys: a script runs again when what it reads of the entry changes. */
export function without<T extends object>(entry: T, keys: (keyof T & string)[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(entry).filter(([key]) => !(keys as string[]).includes(key)));
}
