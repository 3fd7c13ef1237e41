/** Which packages are installed, as dpkg's status knows it. */
import type { Host } from "../../types";
import { findPackage, packagesOf } from "./ofHost";

export interface Installed {
  version: string;
  /** Installed for another package's sake. */
  auto?: boolean;
  hold?: boolean;
  /** Its files are there, its postinst has not run: `dpkg --configure -a` finishes it. */
  unpacked?: boolean;
  /** Removed, but its configuration files are still there. */
  configOnly?: boolean;
}

const section = "dpkg-status";

/** Everything dpkg has a record of, also what only left its configuration. */
export function records(host: Host): Record<string, Installed> {
  const known = host.store.get<Record<string, Installed> | undefined>(section, undefined);
  if (known !== undefined) return known;
  const extra = host.machine.packages ?? [];
  const initial: Record<string, Installed> = {};
  const add = (name: string, auto: boolean) => {
    const found = findPackage(host, name);
    if (found === undefined || initial[name] !== undefined) return;
    initial[name] = { version: found.version, ...(auto ? { auto: true } : {}) };
    for (const dependency of found.depends ?? []) add(dependency, true);
  };
  for (const [name, entry] of Object.entries(packagesOf(host))) {
    const forThisRelease = entry.release === undefined || entry.release === host.release;
    if ((entry.installed === true && forThisRelease) || extra.includes(name)) add(name, false);
  }
  host.store.set(section, initial);
  return initial;
}

/** Packages that are there, configured or only unpacked. */
export function installedPackages(host: Host): Record<string, Installed> {
  return Object.fromEntries(Object.entries(records(host)).filter(([, entry]) => entry.configOnly !== true));
}

/** The record of an installed package; undefined when it is not there. */
export function installed(host: Host, name: string): Installed | undefined {
  const entry = records(host)[name];
  return entry === undefined || entry.configOnly === true ? undefined : entry;
}

/** Changes or, with undefined, forgets a record. */
export function setRecord(host: Host, name: string, change: Installed | undefined): void {
  const others = Object.entries(records(host)).filter(([key]) => key !== name);
  host.store.set(section, Object.fromEntries(change === undefined ? others : [...others, [name, change]]));
}

/** A record without some of its marks. */
export function unmarked(record: Installed, ...marks: ("auto" | "hold" | "unpacked")[]): Installed {
  const kept = Object.entries(record).filter(([key]) => !marks.some((mark) => mark === key));
  return { version: record.version, ...Object.fromEntries(kept) };
}
