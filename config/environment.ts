/** The scripts of an environment: folders beside the container file. */
import { existsSync, readdirSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

/** Features that the program itself knows how to install. */
export const builtInFeatures: readonly string[] = ["base_setup", "nvidia", "docker"];

/** What a folder of scripts holds; undefined when the environment has no such folder. */
export interface ScriptFolder {
  /** `scripts` or `features`, as messages name it. */
  name: string;
  path: string;
  files: ReadonlySet<string>;
}

/** The environment's folders. */
export interface EnvironmentScripts {
  /** `scripts`: application scripts. */
  applications?: ScriptFolder;
  /** `features`: feature_<name>.sh, for features that are not built in. */
  features?: ScriptFolder;
}

/** Looks beside the container file. */
export function environmentScripts(lxcConfigs: string): EnvironmentScripts {
  const applications = folder(lxcConfigs, "scripts");
  const features = folder(lxcConfigs, "features");
  return { ...(applications && { applications }), ...(features && { features }) };
}

function folder(lxcConfigs: string, name: string): ScriptFolder | undefined {
  const path = join(dirname(resolve(lxcConfigs)), name);
  if (!existsSync(path)) return undefined;
  const files = readdirSync(path, { withFileTypes: true }).filter((entry) => !entry.isDirectory());
  return { name, path, files: new Set(files.map((entry) => entry.name)) };
}

/** File name of a feature's script. */
export function featureFile(name: string): string {
  return `feature_${name}.sh`;
}

/** Path of a script; undefined when it is not there. */
export function scriptPath(scripts: ScriptFolder | undefined, file: string): string | undefined {
  return scripts?.files.has(file) ? join(scripts.path, file) : undefined;
}
