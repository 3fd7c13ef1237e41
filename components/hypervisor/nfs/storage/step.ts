/** An export as a storage of Proxmox VE. */
import { roomScripts } from "../../../../plan/room";
import type { StepBody } from "../../../../plan/step";
import { made } from "../../guest-needs";

export interface Settings {
  /** Name of the storage. */
  id: string;
  /** The node's own address, from which it mounts the export. */
  server: string;
  /** Folder that is exported. */
  path: string;
  /** Content types of Proxmox VE, sorted. */
  content: string[];
  /** Options of the mount, as nfs(5) has them. */
  options: string;
}

/** What an export's storage holds. */
const content = ["backup", "images", "iso", "snippets", "vztmpl"];
/** How the node mounts its own exports; times of NFS are tenths of a second. */
const options = "vers=4,soft,timeo=30,retrans=3";

export const storageStep = (id: string, path: string, server: string): StepBody<Settings> => ({
  ...roomScripts(__dirname),
  settings: { id, server, path, content, options },
  makes: [made.storage(id)],
});
