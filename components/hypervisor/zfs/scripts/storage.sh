#!/usr/bin/env bash
# A storage of Proxmox VE on a dataset: added, or its content types changed.
# Settings: {id, type: zfspool|dir, location: pool/dataset or path, content: [type]}
set -euo pipefail

# stored ID KEY: a value of a storage in the node's storage.cfg; for 'type' the kind of the section.
stored() {
  awk -v id="$1" -v key="$2" '
    /^[a-z]+:[ \t]/ { inside = ($2 == id); if (inside && key == "type") { sub(":", "", $1); print $1 } ; next }
    inside && $1 == key { $1 = ""; sub(/^[ \t]+/, ""); print }
  ' /etc/pve/storage.cfg
}

sorted() { tr ',' '\n' <<<"$1" | sort | paste -sd, -; }

main() {
  need_cmd pvesm
  read_settings
  local id='' type='' location='' content='' key now
  load id=id type=type location=location content='content|join(",")'
  key=path
  [ "$type" = dir ] || key=pool
  lock "storage" 300
  now=$(stored "$id" type)
  if [ -z "$now" ]; then
    # Written first: a run that ends between the two must still know the storage as its own.
    : >"$PHOENIX_STATE/storages/$id"
    pve pvesm add "$type" "$id" "--$key" "$location" --content "$content" ||
      err "storage $id could not be added; Proxmox VE's message is above"
    changed "added storage $id ($type, $location)"
  elif [ "$now" != "$type" ] || [ "$(stored "$id" "$key")" != "$location" ]; then
    err "storage $id already exists as $now on $(stored "$id" "$key"), not as $type on $location;" \
      "it was left untouched: remove it by hand ('pvesm remove $id' keeps its data) or give the dataset another id in proxmox_storage_ids"
  else
    now=$(sorted "$(stored "$id" content)")
    if [ "$now" != "$(sorted "$content")" ]; then
      pve pvesm set "$id" --content "$content"
      changed "storage $id: content $now -> $content"
    fi
  fi
  report
}

main
