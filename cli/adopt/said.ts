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
