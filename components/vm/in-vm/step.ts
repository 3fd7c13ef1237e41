/** Runs a script inside a machine: a feature, or one of its own. */
import { roomScripts } from "../../../plan/room";
import type { StepBody } from "../../../plan/step";
import type { InsideScript } from "../../guest/inside";
import type { OfMachine } from "../of-machine";

/** A script that runs inside a machine. */
export interface VmScript extends InsideScript {
  /** File name of the script. */
  file: string;
}

export interface Settings extends OfMachine, VmScript {}

export const inVmStep = (own: OfMachine, script: VmScript): StepBody<Settings> => ({
  ...roomScripts(__dirname),
  settings: { ...script, ...own },
});
