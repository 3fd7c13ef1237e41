/** What pools and datasets have in common: data goes only where its entry says so. */
import type { StorageSpec } from "../../../config/model";
import type { RoomScripts } from "../../../plan/room";
import type { StepBody } from "../../../plan/step";
import { made } from "../guest-needs";

/** The scripts of a pool or dataset: without a removal unless its entry has `destroy_on_teardown`. */
export function removedWith(
  { remove, ...scripts }: RoomScripts,
  name: string,
  destroyOnTeardown: boolean | undefined,
  storages: StorageSpec[],
): RoomScripts & Pick<StepBody, "makes"> {
  return destroyOnTeardown ? { ...scripts, remove, makes: storagesBelow(name, storages) } : scripts;
}

/** Names of the storages on a pool or dataset, or on one below it. */
function storagesBelow(name: string, storages: StorageSpec[]): string[] {
  return storages
    .filter(({ dataset }) => `${dataset}/`.startsWith(`${name}/`))
    .map(({ id }) => made.storage(id));
}
