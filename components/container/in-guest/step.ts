/** Runs a script inside a container: a feature, or the application's own. */
import { roomScripts } from "../../../plan/room";
import type { StepBody } from "../../../plan/step";
import type { OfContainer } from "../of-container";

export interface Settings extends OfContainer {
  /** Name of the step within the container, also of its log. */
  step: string;
  /** File name of the script. */
  name: string;
  /** Text of the script; absent where it has other bytes than text. */
  script?: string;
  /** The same in base64, in its place. */
  script64?: string;
  /** Most seconds that it may take. */
  seconds: number;
  /** Variables of its environment. */
  environment: Record<string, string>;
  /** The container file with its own entry alone; absent for a built-in feature. */
  config?: Record<string, unknown>;
  /** Whether it tells itself, on its last line, what it did; absent for no. */
  tells?: true;
  /** What its exit codes mean; absent where nobody knows. */
  reasons?: Record<string, string>;
}

export const inGuestStep = (settings: Settings): StepBody<Settings> => ({
  ...roomScripts(__dirname),
  settings,
});
