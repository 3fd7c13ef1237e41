/** The folder of a share. */
import type { SambaShareSpec } from "../../../../config/sharing";
import { roomScripts } from "../../../../plan/room";
import type { StepBody } from "../../../../plan/step";

export interface Settings {
  /** Name of the share. */
  share: string;
  /** Folder of the node. */
  path: string;
  /** Dataset that must be mounted there; absent for a folder of the root file system. */
  dataset?: string;
  /** Name of the Linux user who owns it. */
  owner: string;
}

export const folderStep = (
  { name: share, path, dataset }: SambaShareSpec,
  owner: string,
): StepBody<Settings> => ({ ...roomScripts(__dirname), settings: { share, path, dataset, owner } });
