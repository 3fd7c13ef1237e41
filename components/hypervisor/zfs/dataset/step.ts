/** A dataset. It is destroyed with the step only when it says so itself. */
import type { DatasetSpec, StorageSpec } from "../../../../config/model";
import { roomScripts } from "../../../../plan/room";
import type { StepBody } from "../../../../plan/step";
import { removedWith } from "../removed-with";

export interface Settings {
  /** Full name, such as `tank/guests`. */
  name: string;
  /** Properties, as zfsprops(7) has them. */
  properties: Record<string, string>;
}

export const datasetStep = (
  { fullName, properties, destroyOnTeardown }: DatasetSpec,
  storages: StorageSpec[] = [],
): StepBody<Settings> => ({
  ...removedWith(roomScripts(__dirname), fullName, destroyOnTeardown, storages),
  settings: { name: fullName, properties },
});
