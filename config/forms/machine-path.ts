/** Where the machines' file is; apart from what reads it, so that who only asks this loads no schemas. */
import { existsSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { isObject } from "../objects";

/** Path of the machines' file that a host's file names: of that name, beside it. Undefined where there is none. */
export function machineFile(hostFile: string, hostDocument: unknown): string | undefined {
  const paths = isObject(hostDocument) ? hostDocument.core_paths : undefined;
  const named = isObject(paths) ? paths.vm_config_file : undefined;
  if (typeof named !== "string") return undefined;
  const file = join(dirname(hostFile), basename(named));
  return existsSync(file) ? file : undefined;
}
