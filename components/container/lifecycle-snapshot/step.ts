/** A snapshot of a stage of a container's life: `pre-configured` before its features, `final-form` at the end. */
import { roomScripts } from "../../../plan/room";
import type { StepBody } from "../../../plan/step";
import type { OfContainer } from "../of-container";

export interface Settings extends OfContainer {
  /** Name of the snapshot. */
  name: string;
  /** Digest of what was installed before it: another one has it taken again; absent for one that is taken once. */
  digest?: string;
}

export const lifecycleSnapshotStep = (settings: Settings): StepBody<Settings> => ({
  ...roomScripts(__dirname),
  settings,
});
