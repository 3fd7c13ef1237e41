/** Runs a script inside a machine: a feature, or one of its own. */
import { roomScripts } from "../../../plan/room";
import type { StepBody } from "../../../plan/step";
import type { OfMachine } from "../of-machine";

/** A script that runs inside a machine. */
export interface VmScript {
  /** Name of the step within the machine, also of its log. */
  step: string;
  /** File name of the script. */
  file: string;
  /** Text of the script; absent where it has other bytes than text. */
  script?: string;
  /** The same in base64, in its place. */
  script64?: string;
  /** Most seconds that it may take. */
  seconds: number;
  /** Variables of its environment. */
  environment: Record<string, string>;
  /** The machine's file with its own entry alone; absent for a built-in feature. */
  config?: Record<string, unknown>;
  /** Whether it tells itself, on its last line, what it did; absent for no. */
  tells?: true;
  /** What its exit codes mean; absent where nobody knows. */
  reasons?: Record<string, string>;
}

export interface Settings extends OfMachine, VmScript {}

export const inVmStep = (own: OfMachine, script: VmScript): StepBody<Settings> => ({
  ...roomScripts(__dirname),
  settings: { ...script, ...own },
});
