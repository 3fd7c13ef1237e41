/** Packages that the set-up needs, and the tools of the original. */
import type { SetupSpec } from "../../../../config/model";
import { roomScripts } from "../../../../plan/room";
import type { StepBody } from "../../../../plan/step";

export interface Settings {
  /** Names of Debian packages, sorted. */
  packages: string[];
}

export const packagesStep = (setup: SetupSpec): StepBody<Settings> => ({
  ...roomScripts(__dirname),
  settings: { packages: packagesOf(setup) },
});

/** The original's tools, and what later steps use. */
export function packagesOf({ nodesource, ufw }: Pick<SetupSpec, "nodesource" | "ufw">): string[] {
  return ["chrony", "jq", "logrotate", ...(nodesource ? ["nodejs"] : []), "s-tui", ...(ufw ? ["ufw"] : [])];
}
