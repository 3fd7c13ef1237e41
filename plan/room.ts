/** The folder of a step, with the scripts that apply it, check it and remove it. */
import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import type { StepBody } from "./step";

/** The scripts of a step, as far as it has them. */
export type RoomScripts = Pick<StepBody, "script" | "look" | "remove">;

const found = new Map<string, RoomScripts>();

/** The scripts of a room, by its folder: `claim/claim.sh`, and `claim-look.sh` and `claim-remove.sh` where they exist. */
export function roomScripts(folder: string): RoomScripts {
  let scripts = found.get(folder);
  if (scripts === undefined) {
    const [look, remove] = ["look", "remove"].map((suffix) => ifThere(scriptIn(folder, suffix)));
    scripts = {
      script: scriptIn(folder),
      ...(look !== undefined && { look }),
      ...(remove !== undefined && { remove }),
    };
    found.set(folder, scripts);
  }
  return scripts;
}

/** A script of a room, by the suffix of its name. */
export const scriptIn = (folder: string, suffix?: string): string =>
  join(folder, `${[basename(folder), ...(suffix === undefined ? [] : [suffix])].join("-")}.sh`);

const ifThere = (file: string): string | undefined => (existsSync(file) ? file : undefined);
