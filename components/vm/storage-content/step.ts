/** Content types that machines need, on a storage that Proxmox VE ships. */
import { roomScripts } from "../../../plan/room";
import type { StepBody } from "../../../plan/step";

export interface Settings {
  /** Name of the storage. */
  storage: string;
  /** Content types of Proxmox VE to be added, sorted. */
  content: string[];
}

export const storageContentStep = (storage: string, content: Iterable<string>): StepBody<Settings> => ({
  ...roomScripts(__dirname),
  settings: { storage, content: [...content].sort() },
});
