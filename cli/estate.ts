import { isAbsolute, relative } from "node:path";
// Not from "../config": that also loads the Pulumi SDK, which takes a second.
import { loadEstate } from "../config/estate";
import { ConfigurationError } from "../config/findings";
import type { Estate } from "../config/model";
import { warningCount } from "../config/warnings";
import { UserError } from "./errors";
import type { EstateFiles } from "./stack";

/** A path as messages show it: relative to the working folder where that is shorter. */
export function shown(file: string): string {
  const short = relative(process.cwd(), file);
  return short !== "" && !isAbsolute(short) && short.length < file.length ? short : file;
}

/**
 * Checks both files before anything is contacted. How many warnings there are goes to standard error, once.
 * @throws UserError with every mistake, a line each
 */
export function checkEstate({ hypervisorConfig, lxcConfigs }: EstateFiles): Estate {
  try {
    const files = { hypervisorConfig: shown(hypervisorConfig), lxcConfigs: shown(lxcConfigs) };
    const { estate, warnings } = loadEstate(files);
    if (warnings.length > 0) process.stderr.write(`warning: ${warningCount(warnings)}\n`);
    return estate;
  } catch (error) {
    if (error instanceof ConfigurationError) throw new UserError(error.message);
    throw error;
  }
}
