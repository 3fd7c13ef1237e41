import { createRequire } from "node:module";
import { join } from "node:path";
import { providerPackage } from "../core/registry";
import type { Resource } from "../core/state";
import { isProviderType } from "../core/urn";
import { readIfPresent } from "../store/files";
import type { Project } from "../store/project";
import { programFolder } from "./program";

interface PluginName {
  name: string;
  version: string;
}

interface PackageFile {
  version?: string;
  dependencies?: Record<string, string>;
  pulumi?: { resource?: boolean; name?: string; version?: string };
}

/**
 * The plugins a program will probably use: those its state's providers use, and before there is a state those
 * that the packages named in its package.json ask for (`pulumi.resource`), as Pulumi's language host finds them.
 */
export function likelyPlugins(request: { project: Project; prev: Resource[] }): PluginName[] {
  const known = request.prev
    .filter((r) => isProviderType(r.type) && !r.delete)
    .map((r) => ({
      name: providerPackage(r.type),
      version: typeof r.inputs["version"] === "string" ? r.inputs["version"] : "",
    }));
  return known.length > 0 ? known : fromPackages(programFolder(request.project).folder);
}

function fromPackages(folder: string): PluginName[] {
  const found: PluginName[] = [];
  for (const name of Object.keys(readPackage(join(folder, "package.json"))?.dependencies ?? {})) {
    const { version, pulumi } = readPackage(locate(folder, `${name}/package.json`)) ?? {};
    if (pulumi?.resource && pulumi.name)
      found.push({ name: pulumi.name, version: (pulumi.version ?? version ?? "").replace(/^v/, "") });
  }
  return found;
}

function locate(folder: string, name: string): string {
  try {
    return createRequire(join(folder, "index.js")).resolve(name);
  } catch {
    return "";
  }
}

/** @returns undefined for what is not there or not JSON: whoever needs it says so. */
function readPackage(path: string): PackageFile | undefined {
  try {
    return JSON.parse((path && readIfPresent(path)) || "{}") as PackageFile;
  } catch {
    return undefined;
  }
}
