/** What entries of containers and machines say alike, and what none can say. */
import { type GuestConf, startup } from "./conf";

/** Why a guest can have no entry. */
export class NotExpressible extends Error {}

export function needed(conf: GuestConf, key: string): string {
  const value = conf.values.get(key);
  if (value === undefined) throw new NotExpressible(`it has no ${key}`);
  return value;
}

/** Keys that are reported with their values as not expressed in the entry. */
export function leftOver(conf: GuestConf, said: readonly string[]): string[] {
  const keys = [...conf.values]
    .filter(([key]) => !said.includes(key))
    .map(([key, value]) => `${key}: ${value}`);
  return [
    ...keys,
    ...(conf.snapshots.length > 0 ? [`snapshots ${conf.snapshots.join(", ")}`] : []),
    ...(conf.pending ? ["changes that wait for a restart"] : []),
  ];
}

/** onboot and startup; both are keys of either kind of guest. */
export function boot(conf: GuestConf): { said: string[]; entry: Record<string, unknown> } {
  const text = conf.values.get("startup");
  const order = text === undefined ? {} : startup(text);
  return {
    said: ["onboot", ...(order === undefined ? [] : ["startup"])],
    entry: { start_at_boot: conf.values.get("onboot") === "1", ...order },
  };
}

/** Those of `keys` that a list of the configuration has, as text, number or flag, also `NAME:number`. */
export function keysOf(
  list: ReadonlyMap<string, string>,
  keys: Record<string, string>,
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(keys).flatMap(([key, kind]) => {
      const value = list.get(key);
      if (value === undefined) return [];
      const [name, type] = kind.includes(":") ? (kind.split(":") as [string, string]) : [key, kind];
      return [[name, type === "flag" ? value === "1" : type === "number" ? Number(value) : value]];
    }),
  );
}

/** What of a list is none of these keys. */
export const leftOf = (where: string, list: ReadonlyMap<string, string>, said: readonly string[]): string[] =>
  [...list].filter(([key]) => !said.includes(key)).map(([key, value]) => `${where} ${key}=${value}`);

/** The words of a list. */
export const wordsOf = (values: ReadonlyMap<string, string>, key: string): string[] =>
  values
    .get(key)
    ?.split(/[;,\s]+/)
    .filter(Boolean) ?? [];

/** Tags that an entry can have, and what is said of those that none can; tags of stacks only say whose the guest is. */
export function tagsOf(values: ReadonlyMap<string, string>): { tags: string[]; others: string[] } {
  const all = wordsOf(values, "tags").filter((tag) => !tag.startsWith("phoenix-"));
  const can = (tag: string) => /^[a-z0-9_][a-z0-9_+.-]*$/.test(tag);
  return { tags: all.filter(can), others: all.filter((tag) => !can(tag)).map((tag) => `tag ${tag}`) };
}
