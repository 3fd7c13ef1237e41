import { diffState } from "../bridge/diff";
import type { DetailedDiff } from "../../shared/objectDiff";
import { equal } from "../../shared/wire";
import type { WireMap } from "../../shared/wire";
import { block, blocks, flag, text } from "../values";
import { vmFields } from "./fields";

/** Differences between two states of a machine, with what the provider decides over more than one property. */
export function compareVms(before: WireMap, after: WireMap): DetailedDiff {
  const found = diffState(vmFields, before, after);
  const replace = (path: string): void => {
    if (found[path] === "UPDATE") found[path] = "UPDATE_REPLACE";
  };
  if (!flag(after, "migrate")) replace("nodeName");
  for (const [key, property] of [
    ["tpmState", "version"],
    ["efiDisk", "type"],
  ] as const) {
    const [old, young] = [block(before, key), block(after, key)];
    if (old && young && text(old, property) !== "" && text(young, property) !== "")
      replace(`${key}.${property}`);
  }
  // A template has no power.
  if (flag(after, "template")) delete found["started"];
  if (sameByKey(before, after, "disks", "interface")) drop(found, "disks");
  if (sameByKey(before, after, "numas", "device")) drop(found, "numas");
  return found;
}

/** Whether two lists have the same entries in any order; the path that the node chose does not count. */
function sameByKey(before: WireMap, after: WireMap, key: string, name: string): boolean {
  const byName = (state: WireMap): Map<string, WireMap> =>
    new Map(blocks(state, key).map((entry) => [text(entry, name), { ...entry, pathInDatastore: "" }]));
  const [olds, news] = [byName(before), byName(after)];
  return olds.size === news.size && [...olds].every(([at, old]) => equal(old, news.get(at) ?? null));
}

function drop(found: DetailedDiff, key: string): void {
  for (const path of Object.keys(found)) if (path.startsWith(`${key}[`)) delete found[path];
}
