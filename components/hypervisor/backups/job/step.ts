/** A job that backs guests up by a schedule. */
import type { BackupJobSpec } from "../../../../config/model";
import { roomScripts } from "../../../../plan/room";
import type { StepBody } from "../../../../plan/step";

export interface Settings {
  /** Id of the job. */
  id: string;
  /** Options as Proxmox VE's API has them, as texts; lists sorted, with a comma between. */
  options: Record<string, string>;
  /** Globs of paths that are left out. */
  excludePaths: string[];
}

export const jobStep = ({ id, options, excludePaths }: BackupJobSpec): StepBody<Settings> => ({
  ...roomScripts(__dirname),
  settings: { id, options, excludePaths },
});
