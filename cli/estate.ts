import { isAbsolute, relative } from "node:path";
// Not from "../config": that also loads the Pulumi SDK, which takes a second.
import { loadEstate } from "../config/estate";
import { ConfigurationError, formatFinding } from "../config/findings";
import { UserError } from "./errors";
import type { EstateFiles } from "./stack";

/** Paths as messages name them: from the working folder where that is shorter. */
function shown(file: string): string {
  const short = relative(process.cwd(), file);
  return short !== "" && !isAbsolute(short) && short.length < file.length ? short : file;
}

/**
 * Checks both files before anything is contacted. Warnings go to standard error, once.
 * @throws UserError with every mistake, a line each
 */
export function checkEstate({ hypervisorConfig, lxcConfigs }: EstateFiles): void {
  try {
    const files = { hypervisorConfig: shown(hypervisorConfig), lxcConfigs: shown(lxcConfigs) };
    for (const warning of loadEstate(files).warnings) {
      process.stderr.write(`warning: ${formatFinding(warning)}\n`);
    }
  } catch (error) {
    if (error instanceof ConfigurationError) throw new UserError(error.message);
    throw error;
  }
}
