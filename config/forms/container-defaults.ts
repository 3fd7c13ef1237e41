/** What a container's entry does not say, where it depends on another entry. */
import { valueAt } from "../check";
import type { Source } from "./form";
import { isObject, type Json } from "../objects";

/**
 * `unprivileged`: a clone is as its source is, because Proxmox VE cannot change it; any other container is
 * unprivileged, which is Proxmox VE's own default in its web form and, from release 9 on, in its API.
 */
export function containerDefaults({ document }: Source): void {
  const entries = valueAt(document, ["lxc_configs"]);
  if (!isObject(entries)) return;
  for (const entry of Object.values(entries)) {
    if (isObject(entry) && !Object.hasOwn(entry, "unprivileged"))
      entry.unprivileged = ofSource(entry, entries, new Set());
  }
}

function ofSource(entry: Json, entries: Json, seen: Set<Json>): unknown {
  if (typeof entry.unprivileged === "boolean") return entry.unprivileged;
  const source = entry.clone_from_ctid;
  const from = typeof source === "string" && Object.hasOwn(entries, source) ? entries[source] : undefined;
  // A circle of clone sources is reported by the rule of the order.
  if (!isObject(from) || seen.has(from)) return true;
  return ofSource(from, entries, seen.add(from));
}
