/** A folder of the host that containers share. It has no removal: the data in it stays. */
import type { FolderSpec } from "../../../config/model";
import { roomScripts } from "../../../plan/room";
import type { StepBody } from "../../../plan/step";

export interface Settings {
  /** Folder of the host. */
  path: string;
  /** User of the host, or a number. */
  owner: string;
  /** Octal digits. */
  mode: string;
  /** Whether the owner of a folder that is there already is changed too. */
  holdOwner: boolean;
  /** The same of its mode. */
  holdMode: boolean;
}

export const folderStep = ({
  volume: _volume,
  storageId: _id,
  ...settings
}: FolderSpec): StepBody<Settings> => ({
  ...roomScripts(__dirname),
  settings,
});
