import { zeroOf } from "../bridge/fields";
import type { WireMap } from "../../shared/wire";
import { vmFields } from "./fields";

/** What a read sets itself when an import has nothing to tell it: nobody but the provider knows these. */
const own = [
  "migrate",
  "timeoutClone",
  "timeoutCreate",
  "timeoutMigrate",
  "timeoutMoveDisk",
  "timeoutReboot",
  "timeoutShutdownVm",
  "timeoutStartVm",
  "timeoutStopVm",
  "stopOnDestroy",
  "purgeOnDestroy",
  "deleteUnreferencedDisksOnDestroy",
  "rebootAfterUpdate",
  "reboot",
];

/**
 * The state an import starts its read with: everything is its kind's zero. Defaults such as the disabled
 * watchdog, which Check adds to the inputs, are not in it, and so are a difference afterwards.
 */
export function importedState(nodeName: string): WireMap {
  const zeros = Object.entries(vmFields).map(([key, field]): [string, WireMap[string]] => [
    key,
    own.includes(key) ? (field.default ?? zeroOf(field)) : zeroOf(field),
  ]);
  return { ...Object.fromEntries(zeros), nodeName };
}
