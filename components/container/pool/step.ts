/** The pool of Proxmox VE that a container is a member of. */
import type { ContainerSpec } from "../../../config/model";
import { roomScripts } from "../../../plan/room";
import type { StepBody } from "../../../plan/step";
import type { OfContainer } from "../of-container";

export interface Settings extends OfContainer {
  /** Its name, with those that it lies in before it, as `lab/web`; made where it is not there. */
  pool: string;
}

export const poolStep = ({ ctid }: ContainerSpec, pool: string, tag: string): StepBody<Settings> => ({
  ...roomScripts(__dirname),
  settings: { ctid, tag, pool },
});
