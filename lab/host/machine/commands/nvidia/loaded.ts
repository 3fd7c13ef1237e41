/** Which kernel modules are loaded: it stands in /sys/module, as on Linux. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Host } from "../../../types";

/** With underscores, as the kernel has it. */
export const kernelName = (name: string) => name.replaceAll("-", "_");

export const folderOf = (host: Host, name: string) => join(host.root, "sys/module", kernelName(name));

export const isLoaded = (host: Host, name: string) => existsSync(join(folderOf(host, name), "initstate"));

/** Version of a loaded module; undefined when it is not loaded or has none. */
export function loadedVersion(host: Host, name: string): string | undefined {
  const file = join(folderOf(host, name), "version");
  return isLoaded(host, name) && existsSync(file) ? readFileSync(file, "utf8").trim() : undefined;
}

export function loadedModules(host: Host): string[] {
  return readdirSync(join(host.root, "sys/module")).filter((name) => isLoaded(host, name));
}

export const holders = (host: Host, name: string): string[] =>
  loadedModules(host).filter((other) => existsSync(join(folderOf(host, name), "holders", other)));
