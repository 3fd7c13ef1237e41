/** The scripts of an environment: folders beside the container file. */
import { existsSync, readdirSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

/** Features that the program itself knows how to install. */
export const builtInFeatures: readonly string[] = ["base_setup", "nvidia", "docker"];

/** The same, unless the environment has a script of that name. */
export const defaultFeatures: readonly string[] = ["python_api_service"];

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
  /** `tests`: what `tests` and `integration_tests` of entries name, by the path from there. */
  tests?: ScriptFolder;
  /** Hooks: phoenix_hypervisor_setup_<CTID>.sh. */
  hooks?: ScriptFolder;
}

/** Looks beside the container file, and for hooks where the stack says they are. */
export function environmentScripts(lxcConfigs: string, hooksDir?: string): EnvironmentScripts {
  const beside = dirname(resolve(lxcConfigs));
  const applications = folder("scripts", join(beside, "scripts"));
  const features = folder("features", join(beside, "features"));
  const tests = folder("tests", join(beside, "tests"), true);
  const hooks = folder("hooks", hooksDir ?? join(beside, "hooks"));
  return {
    ...(applications && { applications }),
    ...(features && { features }),
    ...(tests && { tests }),
    ...(hooks && { hooks }),
  };
}

function folder(name: string, path: string, recursive = false): ScriptFolder | undefined {
  if (!existsSync(path) || !statSync(path).isDirectory()) return undefined;
  return { name, path, files: new Set(readdirSync(path, { recursive, encoding: "utf8" })) };
}

/** File name of a container's hook, without `.sh`. */
export function hookName(ctid: number | string): string {
  return `phoenix_hypervisor_setup_${ctid}`;
}

/** File name of a feature's script. */
export function featureFile(name: string): string {
  return `feature_${name}.sh`;
}

/** Path of a script; undefined when it is not there. */
export function scriptPath(scripts: ScriptFolder | undefined, file: string): string | undefined {
  return scripts?.files.has(file) ? join(scripts.path, file) : undefined;
}
