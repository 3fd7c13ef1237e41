/**
 * Where a command stands on the host: the lab's client, or the machine's own program. The machine's programs are
 * visible through the overlay; those of packages that are not installed are taken out of sight.
 */
import {
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  rmSync,
  statSync,
  symlinkSync,
  chmodSync,
} from "node:fs";
import { join } from "node:path";
import type { Host } from "../../types";
import type { PackageCommand } from "./types";

const folders = ["usr/sbin", "usr/bin"];
const client = "../lib/phoenix-lab/client";
const ownFolder = "/usr/lib/phoenix-lab/real";

const withheld = new Set<string>();

/** Programs of this machine that count as missing from now on. */
export function withhold(names: string[]): void {
  for (const name of names) withheld.add(name);
}

/** The machine's own program of a name, as the daemon sees it: outside the host's root file system. */
function machineProgram(name: string): { folder: string; path: string } | undefined {
  for (const folder of withheld.has(name) ? [] : folders) {
    const path = join("/", folder, name);
    if (existsSync(path) && statSync(path).isFile()) return { folder, path };
  }
  return undefined;
}

/**
 * Path inside the host of this machine's own program, for stand-ins that let it do the work; undefined where the
 * machine has none. It is there whether or not a package with that name is installed.
 */
export function realProgram(host: Host, name: string): string | undefined {
  const found = machineProgram(name);
  if (found === undefined) return undefined;
  const path = join(host.root, ownFolder, name);
  if (!existsSync(path)) {
    mkdirSync(join(host.root, ownFolder), { recursive: true });
    copyFileSync(found.path, path);
    chmodSync(path, statSync(found.path).mode & 0o7777);
  }
  return `${ownFolder}/${name}`;
}

function remove(root: string, name: string): void {
  for (const folder of folders) {
    const path = join(root, folder, name);
    if (lstatSync(path, { throwIfNoEntry: false }) !== undefined) rmSync(path);
  }
}

/** Takes a command out of sight. */
export function hideCommand(root: string, name: string): void {
  remove(root, name);
}

/** Puts a command of a package in place. */
export function showCommand({ root, release }: Host, name: string, command: PackageCommand): void {
  const found = machineProgram(name);
  const { run, real = run === undefined } = command;
  const folder = (command.folder ?? "/usr/bin") === "/usr/bin" ? "usr/bin" : "usr/sbin";
  remove(root, name);
  if (found !== undefined && (typeof real === "boolean" ? real : real(found.path, release))) {
    const path = join(root, found.folder, name);
    copyFileSync(found.path, path);
    chmodSync(path, statSync(found.path).mode & 0o7777);
    return;
  }
  symlinkSync(client, join(root, folder, name));
}
