/** The file that has cloud-init install the guest agent, on one storage. */
import { roomScripts } from "../../../plan/room";
import type { StepBody } from "../../../plan/step";

export interface Settings {
  /** Storage with content snippets. */
  storage: string;
  /** Tag by which the stack knows its own guests. */
  tag: string;
}

export const snippetsStep = (storage: string, tag: string): StepBody<Settings> => ({
  ...roomScripts(__dirname),
  settings: { storage, tag },
});
