/** One export, with a file of its own below /etc/exports.d. */
import type { NfsExportSpec } from "../../../../config/sharing";
import { roomScripts } from "../../../../plan/room";
import type { StepBody } from "../../../../plan/step";
import { made } from "../../guest-needs";

export interface Settings {
  /** Last part of the path; the file is called after it. */
  name: string;
  /** Folder of the node. */
  path: string;
  /** Dataset that must be mounted there; absent for a folder of the root file system. */
  dataset?: string;
  /** Who may mount it, as exports(5) names them; sorted. */
  clients: string[];
  /** Options of exports(5). */
  options: string[];
}

export const exportStep = ({ storageId, ...settings }: NfsExportSpec): StepBody<Settings> => ({
  ...roomScripts(__dirname),
  settings,
  ...(storageId !== undefined && { makes: [made.storage(storageId)] }),
});
