/** Which executable runs the program. */
import { accessSync, constants, realpathSync, statSync } from "node:fs";
import { delimiter, join } from "node:path";
import { BAD_ARGUMENTS, UserError } from "./errors";
import { labEngine } from "./paths";
import { hostName, isLabStack, type Stack } from "./stack";

export type EngineName = "pulumi" | "lab";

/** The executable that runs the program, and which of the two it is. */
export interface Engine {
  name: EngineName;
  executable: string;
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

/** The first `pulumi` on PATH that is not the lab's. */
function realPulumi(): string | undefined {
  return (process.env.PATH ?? "")
    .split(delimiter)
    .filter(Boolean)
    .map((folder) => join(folder, "pulumi"))
    .find((file) => isExecutable(file) && realpathSync(file) !== realpathSync(labEngine));
}

const GET_PULUMI = "Install Pulumi (https://www.pulumi.com/docs/install/) and put `pulumi` on PATH";

/**
 * `pulumi` on PATH, else the lab's engine. Against a real host the lab's engine, a stand-in that is
 * proven on recordings only, runs when it is asked for by name and never by default.
 */
export function chooseEngine(option: string | undefined, stack: Stack): Engine {
  const choice = option ?? "auto";
  if (!["auto", "pulumi", "lab"].includes(choice)) {
    throw new UserError(`--engine is auto, pulumi or lab, not "${choice}".`, BAD_ARGUMENTS);
  }
  const pulumi = choice === "lab" ? undefined : realPulumi();
  if (pulumi) return { name: "pulumi", executable: pulumi };
  if (choice === "pulumi") throw new UserError(`There is no pulumi on PATH. ${GET_PULUMI}.`);
  if (choice === "auto" && !isLabStack(stack)) {
    throw new UserError(
      `Stack "${stack.name}" is the host ${hostName(stack)}, and there is no pulumi on PATH.\n` +
        `${GET_PULUMI};\nor accept the lab's stand-in of it for this host with --engine lab.`,
    );
  }
  return { name: "lab", executable: labEngine };
}
