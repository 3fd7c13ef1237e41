import { accessSync, constants, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";

/** A user's script for one container. */
export interface Hook {
  /** File name without `.sh`, also the name of its log on the node. */
  name: string;
  text: string;
}

/**
 * The hook of a container in the environment's hooks folder, `phoenix_hypervisor_setup_<CTID>.sh`. One
 * that is not executable is left out with a warning, as the original did.
 */
export function findHook(folder: string, ctid: number): Hook | undefined {
  const name = `phoenix_hypervisor_setup_${ctid}`;
  const file = join(folder, `${name}.sh`);
  if (!existsSync(file)) return undefined;
  try {
    accessSync(file, constants.X_OK);
  } catch {
    void pulumi.log.warn(`${file} is not executable and is left out; chmod +x it to have it run`);
    return undefined;
  }
  return { name, text: readFileSync(file, "utf8") };
}
