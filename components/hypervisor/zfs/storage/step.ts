/** A storage of Proxmox VE over a dataset. */
import type { StorageSpec } from "../../../../config/model";
import { roomScripts } from "../../../../plan/room";
import type { StepBody } from "../../../../plan/step";
import { made } from "../../guest-needs";

export interface Settings {
  /** Name of the storage. */
  id: string;
  /** Kind of storage. */
  type: "zfspool" | "dir";
  /** Full name of the dataset for zfspool, its path for dir. */
  location?: string;
  /** Content types of Proxmox VE, sorted. */
  content: string[];
}

export const storageStep = ({ id, type, content, pool, path }: StorageSpec): StepBody<Settings> => ({
  ...roomScripts(__dirname),
  makes: [made.storage(id)],
  settings: { id, type, location: type === "dir" ? path : pool, content },
});
