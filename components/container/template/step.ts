/** A template of Proxmox VE's list, downloaded to its storage. */
import type { TemplateSpec } from "../../../config/model";
import { roomScripts } from "../../../plan/room";
import type { StepBody } from "../../../plan/step";

export interface Settings {
  /** Storage that it is downloaded to. */
  storage: string;
  /** File name of the template. */
  file: string;
}

export const templateStep = ({ storage, file }: TemplateSpec): StepBody<Settings> => ({
  ...roomScripts(__dirname),
  settings: { storage, file },
});
