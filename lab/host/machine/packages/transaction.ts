/** Puts packages on the host and takes them away: files, commands, units and hooks, as dpkg does it. */
import { createHash } from "node:crypto";
import { existsSync, readFileSync, rmSync, writeFileSync, chmodSync } from "node:fs";
import { dirname } from "node:path";
import type { Host } from "../../types";
import { inRoot } from "../confined";
import { install as installUnit, remove as removeUnit } from "../units/packaged";
import { installed, records, setRecord, unmarked } from "./installed";
import { findPackage, packagesOf } from "./ofHost";
import { hideCommand, showCommand } from "./programs";
import type { Package, PackageFile } from "./types";
import { makeFolder } from "../files";

/** A package's maintainer script failed; the package stays half-configured. */
export class ConfigureError extends Error {}

/** This machine's programs that the host has only with their package; all others belong to no package here. */
const programs: Record<string, string[]> = { sudo: ["sudoedit"] };

const hash = (text: string) => createHash("md5").update(text).digest("hex");
const conffiles = (host: Host) => host.store.get<Record<string, string>>("conffiles", {});

function textOf(host: Host, file: PackageFile): string {
  const text = typeof file === "string" ? file : file.text;
  return typeof text === "string" ? text : text(host);
}

function putFiles(host: Host, entry: Package): void {
  const known = conffiles(host);
  for (const [path, file] of Object.entries(entry.files ?? {})) {
    const target = inRoot(host.root, path);
    const text = textOf(host, file);
    if (path.startsWith("/etc/")) {
      const mine = known[path];
      const changed = existsSync(target) ? hash(readFileSync(target, "utf8")) !== mine : mine !== undefined;
      if (changed && mine !== undefined) continue;
      if (changed && mine === undefined && existsSync(target)) continue;
      known[path] = hash(text);
    }
    makeFolder(dirname(target));
    writeFileSync(target, text);
    chmodSync(target, typeof file === "string" ? 0o644 : (file.mode ?? 0o644));
  }
  host.store.set("conffiles", known);
}

function showCommands(host: Host, name: string, entry: Package): void {
  for (const [command, how] of Object.entries(entry.commands ?? {})) showCommand(host, command, how);
  for (const command of programs[name] ?? []) showCommand(host, command, entry.commands?.[command] ?? {});
}

function hideCommands(host: Host, name: string, entry: Package): void {
  for (const command of [...Object.keys(entry.commands ?? {}), ...(programs[name] ?? [])])
    hideCommand(host.root, command);
}

/** Makes the host's commands match what is installed; at each start, before the first call. */
export function showInstalled(host: Host): void {
  const packages = Object.entries(packagesOf(host));
  const there = new Set(Object.keys(records(host)).filter((name) => installed(host, name) !== undefined));
  for (const [name, entry] of packages) if (!there.has(name)) hideCommands(host, name, entry);
  for (const [name, entry] of packages) if (there.has(name)) showCommands(host, name, entry);
}

/** The files of the packages that a new machine has. */
export function layOut(host: Host): void {
  for (const name of Object.keys(records(host))) {
    const entry = findPackage(host, name);
    if (entry) putFiles(host, entry);
  }
}

/** Unpacks a package: its files and commands are there, it is not configured. */
export function unpack(host: Host, name: string, version: string, auto: boolean): void {
  const entry = findPackage(host, name);
  if (entry === undefined) return;
  const before = records(host)[name];
  putFiles(host, entry);
  showCommands(host, name, entry);
  const isAuto = before === undefined || before.configOnly === true ? auto : before.auto === true;
  setRecord(host, name, { version, unpacked: true, ...(isAuto ? { auto: true } : {}) });
}

/**
 * Configures an unpacked package: its postinst, then its units are enabled and started.
 *
 * @returns what the maintainer scripts print
 * @throws ConfigureError when the postinst fails; the package stays unpacked
 */
export async function configure(host: Host, name: string): Promise<string> {
  const entry = findPackage(host, name);
  const record = records(host)[name];
  if (entry === undefined || record === undefined) return "";
  let text = `Setting up ${name} (${record.version}) ...\n`;
  try {
    text += (await entry.afterInstall?.(host)) ?? "";
  } catch (error) {
    throw new ConfigureError(`${text}${(error as Error).message}\n`);
  }
  for (const [unit, definition] of Object.entries(entry.units ?? {}))
    text += await installUnit(host, unit, definition);
  setRecord(host, name, unmarked(records(host)[name] ?? record, "unpacked"));
  return text;
}

/** Removes a package; with `purge` its configuration too. */
export async function remove(host: Host, name: string, purge: boolean): Promise<string> {
  const entry = findPackage(host, name);
  const record = records(host)[name];
  if (entry === undefined || record === undefined) return "";
  let text = "";
  if (record.configOnly !== true) {
    text += `Removing ${name} (${record.version}) ...\n`;
    for (const unit of Object.keys(entry.units ?? {})) await removeUnit(host, unit, purge);
    hideCommands(host, name, entry);
  }
  const paths = Object.keys(entry.files ?? {});
  const kept = paths.filter((path) => path.startsWith("/etc/"));
  for (const path of paths)
    if (purge || !kept.includes(path)) rmSync(inRoot(host.root, path), { force: true });
  if (purge) {
    text += `Purging configuration files for ${name} (${record.version}) ...\n`;
    const known = conffiles(host);
    host.store.set(
      "conffiles",
      Object.fromEntries(Object.entries(known).filter(([path]) => !kept.includes(path))),
    );
  }
  setRecord(
    host,
    name,
    purge || kept.length === 0 ? undefined : { version: record.version, configOnly: true },
  );
  return text + ((await entry.afterRemove?.(host, purge)) ?? "");
}
