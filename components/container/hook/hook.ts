import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import { hookName } from "../../../config/environment";
import { isExecutable } from "../../../config/script-file";
import { type OwnScript, ownScript } from "../../guest/inside";

/** A user's script for one container. */
export interface Hook {
  /** File name without `.sh`, also the name of its log on the node. */
  name: string;
  script: OwnScript;
}

/** Reads a script that runs on the node. */
export const hookOf = (file: string): Hook => ({
  name: basename(file).replace(/\.sh$/, ""),
  script: ownScript(file),
});

/**
 * The hook of a container in the environment's hooks folder, `phoenix_hypervisor_setup_<CTID>.sh`. One
 * that is not executable is left out with a warning, as the original did.
 */
export function findHook(folder: string, ctid: number): { hook?: Hook; warning?: string } {
  const name = hookName(ctid);
  const file = join(folder, `${name}.sh`);
  if (!existsSync(file)) return {};
  if (!isExecutable(file)) {
    return { warning: `${file} is not executable and is left out; chmod +x it to have it run` };
  }
  return { hook: hookOf(file) };
}
