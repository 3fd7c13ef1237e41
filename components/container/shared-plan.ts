/** What several containers share: templates, and folders of the host. */
import { join } from "node:path";
import type { FolderSpec, TemplateSpec } from "../../config/model";
import { scriptStep } from "../../plan/build";
import { roomScripts } from "../../plan/room";
import type { ScriptStep } from "../../plan/step";

const room = (name: string) => roomScripts(join(__dirname, name));

/** A template of Proxmox VE's list, downloaded to its storage. */
export const templateStep = (title: string, { storage, file }: TemplateSpec, needs: string[]): ScriptStep =>
  scriptStep(`${title}-template-${file}`, { ...room("template"), settings: { storage, file } }, { needs });

/** A shared folder has no delete step: the data in it stays. */
export const folderStep = (
  title: string,
  { volume, storageId: _, ...settings }: FolderSpec,
  needs: string[],
): ScriptStep => scriptStep(`${title}-folder-${volume}`, { ...room("shared-folder"), settings }, { needs });
