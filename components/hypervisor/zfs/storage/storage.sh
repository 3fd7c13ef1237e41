#!/usr/bin/env bash
# A storage of Proxmox VE on a dataset: added, or its content types changed.
# Settings: step.ts
. hypervisor/zfs/lib/report.sh
. hypervisor/zfs/lib/stored.sh
set -euo pipefail

add_storage() {
  local id=$1 type=$2 key=$3 location=$4 content=$5
  # The note comes first: after an interruption the storage is still known as ours.
  install -d -m 750 "$PHOENIX_STATE/storages"
  : >"$PHOENIX_STATE/storages/$id"
  pve pvesm add "$type" "$id" "--$key" "$location" --content "$content" ||
    err "storage $id could not be added; Proxmox VE's message is above"
  changed "added storage $id ($type, $location)"
}

# Type and place of a storage cannot be changed: it is removed and added again, where that loses nothing.
remake_storage() {
  pve pvesm remove "$1" || err "storage $1 could not be removed; Proxmox VE's message is above"
  changed "removed storage $1, which was $(stored type) on $(stored_place)"
  add_storage "$@"
}

# stored_place: where a storage lies now.
stored_place() { if [ "${STORED[type]-}" = zfspool ]; then stored pool; else stored path; fi; }

require_free() {
  local id=$1 what=$2 found
  [ -e "$PHOENIX_STATE/storages/$id" ] ||
    err "storage $id already exists as $what, and this stack did not make it;" \
      "it was left untouched: remove it by hand ('pvesm remove $id' keeps its data) or give the dataset another id in proxmox_storage_ids"
  found=$({ users_of "$id" && volumes_of "$id"; } | sort -u | joined) ||
    err "storage $id already exists as $what, and does not say which disks lie on it; Proxmox VE's message is above." \
      "It was left untouched: bring it back, or take it out by hand ('pvesm remove $id' keeps its data)"
  [ -z "$found" ] ||
    err "storage $id already exists as $what, and guests' disks lie on it: $found;" \
      "it was left untouched: move them to another storage first, or give the dataset another id in proxmox_storage_ids"
}

main() {
  need_cmd pvesm
  read_settings
  local id='' type='' location='' content='' key now there=''
  load id=id type=type location=location
  content=$(list content | paste -sd,)
  key=path
  [ "$type" = dir ] || key=pool
  lock "storage" 300
  read_stored "$id"
  now=$(stored type)
  if [ -z "$now" ]; then
    mend "storage $id" missing "$type on $location" add_storage "$id" "$type" "$key" "$location" "$content"
  else
    there=$(stored_place)
    if [ "$now" != "$type" ] || [ "$there" != "$location" ]; then
      require_free "$id" "$now on ${there:-another place}, not as $type on $location"
      mend "storage $id" "$now on $there" "$type on $location" remake_storage "$id" "$type" "$key" "$location" "$content"
    else
      ensure_content "$id" "$content"
      [ ! -v "STORED[disable]" ] || warn "storage $id is disabled: 'pvesm set $id --disable 0' brings it back"
    fi
  fi
  finish
}

main
