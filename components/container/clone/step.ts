/**
 * A container as a full clone of another one's snapshot, which Proxmox VE's provider cannot make. It has no look: what the
 * clone is to have is looked at by `configure`, and all steps of one that is gone run again.
 */
import type { ContainerSpec } from "../../../config/model";
import { roomScripts } from "../../../plan/room";
import type { StepBody } from "../../../plan/step";
import type { OfContainer } from "../of-container";

export interface Settings extends OfContainer {
  /** CTID of the container that it is cloned from. */
  source: number;
  /** Name of that one's snapshot. */
  snapshot: string;
  /** Host name of the clone. */
  hostname: string;
  /** Storage of its root disk. */
  storage: string;
  /** Tag of this incarnation of the container; see guest/presence.ts. */
  incarnation?: string;
  /** Whether a container that is there already is taken over. */
  adopt: boolean;
}

export function cloneStep(
  { ctid, name, storage, cloneFrom }: ContainerSpec,
  { tag, adopt, incarnation }: { tag: string; adopt: boolean; incarnation?: string },
): StepBody<Settings> {
  const { ctid: source, snapshot } = cloneFrom!;
  return {
    ...roomScripts(__dirname),
    settings: { ctid, source, snapshot, hostname: name, storage, tag, incarnation, adopt },
    identity: [ctid, source, snapshot, storage],
  };
}
