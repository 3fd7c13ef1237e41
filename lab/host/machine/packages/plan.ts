/** What an apt-get command line comes to: which packages it installs, upgrades and removes. */
import type { Host } from "../../types";
import { installed, installedPackages, records } from "./installed";
import { available } from "./lists";
import { findPackage, packagesOf } from "./ofHost";

export interface Plan {
  /** In the order of configuration: dependencies first. */
  install: string[];
  /** Of `install`, those that were asked for and not only needed. */
  asked: string[];
  upgrade: string[];
  remove: string[];
  /** Packages that stay as they are although a newer version is there. */
  kept: string[];
  /** What is recommended and stays away. */
  recommended?: string[];
}

/** How an installation goes about it. */
export interface InstallOptions {
  onlyUpgrade?: boolean;
  /** Recommended packages come along; true by default. */
  recommends?: boolean;
}

/** What apt-get says instead of a plan. */
export class PlanError extends Error {}

/** The version that an installation would bring. */
export function candidate(host: Host, name: string): string | undefined {
  const entry = findPackage(host, name);
  if (entry === undefined) return undefined;
  if (available(host, name)) return entry.upgrade ?? entry.version;
  return installed(host, name)?.version;
}

/** Installed packages that the repositories have in a newer version. */
export function upgradable(host: Host): string[] {
  return Object.entries(installedPackages(host))
    .filter(
      ([name, { version, hold }]) =>
        hold !== true && available(host, name) && candidate(host, name) !== version,
    )
    .map(([name]) => name)
    .sort();
}

function depends(host: Host, name: string): string[] {
  const entry = findPackage(host, name);
  const upgraded = entry?.upgrade !== undefined && candidate(host, name) === entry.upgrade;
  return [...(entry?.depends ?? []), ...(upgraded ? (entry.upgradeDepends ?? []) : [])];
}

function need(host: Host, name: string, plan: Plan, wantedBy?: string): void {
  if (plan.install.includes(name) || installed(host, name) !== undefined) return;
  if (!available(host, name)) {
    throw new PlanError(
      [
        "Some packages could not be installed. This may mean that you have",
        "requested an impossible situation or if you are using the unstable",
        "distribution that some required packages have not yet been created",
        "or been moved out of Incoming.",
        "The following information may help to resolve the situation:",
        "",
        "The following packages have unmet dependencies:",
        ` ${wantedBy ?? name} : Depends: ${name} but it is not installable`,
        "E: Unable to correct problems, you have held broken packages.",
      ].join("\n"),
    );
  }
  for (const dependency of depends(host, name)) need(host, dependency, plan, name);
  plan.install.push(name);
}

/** Adds what new packages recommend, as far as it can be had; else, and what cannot, is only named. */
function recommend(host: Host, plan: Plan, wanted: boolean): void {
  const apart: string[] = [];
  // What comes along recommends others in its turn.
  for (let index = 0; index < plan.install.length; index++) {
    for (const name of findPackage(host, plan.install[index] ?? "")?.recommends ?? []) {
      if (plan.install.includes(name) || installed(host, name) !== undefined) continue;
      if (wanted && available(host, name)) need(host, name, plan);
      else apart.push(name);
    }
  }
  if (apart.length > 0) plan.recommended = [...new Set(apart)];
}

/** `apt-get install NAME…`; a name may carry `=VERSION`, or a `-` at its end. */
export function planInstall(host: Host, words: string[], options: InstallOptions = {}): Plan {
  const plan: Plan = { install: [], asked: [], upgrade: [], remove: [], kept: [] };
  const missing: string[] = [];
  for (const word of words) {
    const [, name = "", version] = /^([^=:]+)(?::[a-z0-9]+)?(?:=(.*))?$/.exec(word) ?? [];
    const there = installed(host, name);
    if (findPackage(host, name) === undefined || (!available(host, name) && there === undefined)) {
      missing.push(
        knownByName(host, name)
          ? `E: Package '${name}' has no installation candidate`
          : `E: Unable to locate package ${name}`,
      );
      continue;
    }
    const offered = candidate(host, name);
    if (version !== undefined && version !== offered && version !== there?.version) {
      missing.push(`E: Version '${version}' for '${name}' was not found`);
      continue;
    }
    plan.asked.push(name);
    if (there === undefined) {
      if (options.onlyUpgrade !== true) need(host, name, plan);
    } else if (
      available(host, name) &&
      there.version !== offered &&
      version !== there.version &&
      there.hold !== true
    ) {
      plan.upgrade.push(name);
      for (const dependency of depends(host, name)) need(host, dependency, plan, name);
    }
  }
  if (missing.length > 0) throw new PlanError(missing.join("\n"));
  recommend(host, plan, options.recommends ?? true);
  return plan;
}

/** Known from dpkg's records or another package's dependencies, so that apt knows the name. */
function knownByName(host: Host, name: string): boolean {
  if (records(host)[name] !== undefined) return true;
  return Object.keys(installedPackages(host)).some((other) =>
    (findPackage(host, other)?.depends ?? []).includes(name),
  );
}

/** `upgrade` keeps back what needs new packages; `dist-upgrade` installs them. */
export function planUpgrade(host: Host, full: boolean): Plan {
  const plan: Plan = { install: [], asked: [], upgrade: [], remove: [], kept: [] };
  for (const name of upgradable(host)) {
    const fresh = depends(host, name).filter((dependency) => installed(host, dependency) === undefined);
    if (fresh.length > 0 && !full) {
      plan.kept.push(name);
      continue;
    }
    for (const dependency of fresh) need(host, dependency, plan, name);
    plan.upgrade.push(name);
  }
  return plan;
}

/** `remove`: the packages and whatever depends on them. */
export function planRemove(host: Host, words: string[], purge: boolean): { plan: Plan; notes: string[] } {
  const plan: Plan = { install: [], asked: [], upgrade: [], remove: [], kept: [] };
  const notes: string[] = [];
  const drop = (name: string) => {
    if (plan.remove.includes(name)) return;
    for (const [other, entry] of Object.entries(packagesOf(host))) {
      if (installed(host, other) !== undefined && (entry.depends ?? []).includes(name)) drop(other);
    }
    plan.remove.push(name);
  };
  for (const word of words) {
    const pattern = /[*?]/.test(word)
      ? new RegExp(`^${word.replace(/[.+]/g, "\\$&").replace(/\*/g, ".*").replace(/\?/g, ".")}$`)
      : undefined;
    const names =
      pattern === undefined ? [word] : Object.keys(packagesOf(host)).filter((name) => pattern.test(name));
    for (const name of names) {
      if (
        findPackage(host, name) === undefined ||
        (records(host)[name] === undefined && !available(host, name) && pattern === undefined)
      ) {
        throw new PlanError(`E: Unable to locate package ${name}`);
      }
      if (installed(host, name) !== undefined || (purge && records(host)[name] !== undefined)) drop(name);
      else notes.push(`Package '${name}' is not installed, so not removed`);
    }
    if (pattern !== undefined && names.length === 0)
      throw new PlanError(`E: Unable to locate package ${word}`);
  }
  const vital = plan.remove.find(
    (name) => findPackage(host, name)?.essential === true || name === "proxmox-ve",
  );
  if (vital === "proxmox-ve") {
    // /usr/share/proxmox-ve/pve-apt-hook stops apt before anything is removed.
    throw new PlanError(
      [
        "W: (pve-apt-hook) !! WARNING !!",
        "W: (pve-apt-hook) You are attempting to remove the meta-package 'proxmox-ve'!",
        "W: (pve-apt-hook) ",
        "W: (pve-apt-hook) If you really want to permanently remove 'proxmox-ve' from your system, run the following command",
        "W: (pve-apt-hook) \ttouch '/please-remove-proxmox-ve'",
        "W: (pve-apt-hook) run apt purge proxmox-ve to remove the meta-package",
        "W: (pve-apt-hook) and repeat your apt invocation.",
        "E: Sub-process /usr/share/proxmox-ve/pve-apt-hook returned an error code (1)",
        "E: Failure running script /usr/share/proxmox-ve/pve-apt-hook",
      ].join("\n"),
    );
  }
  if (vital !== undefined)
    throw new PlanError(
      "E: Essential packages were removed and -y was used without --allow-remove-essential.",
    );
  return { plan, notes };
}

/** Installed only for others that are gone. */
export function unneeded(host: Host, without: string[] = []): string[] {
  const there = Object.keys(installedPackages(host)).filter((name) => !without.includes(name));
  const needed = new Set<string>();
  const keep = (name: string) => {
    if (needed.has(name) || !there.includes(name)) return;
    needed.add(name);
    const { depends: direct = [], recommends = [], upgradeDepends = [] } = findPackage(host, name) ?? {};
    for (const other of [...direct, ...recommends, ...upgradeDepends]) keep(other);
  };
  for (const name of there) if (records(host)[name]?.auto !== true) keep(name);
  return there.filter((name) => !needed.has(name)).sort();
}
