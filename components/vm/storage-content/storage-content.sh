#!/usr/bin/env bash
# Adds the content types that machines need to a storage that Proxmox VE ships; none is removed.
# Settings: step.ts
. host/lib/once.sh
set -euo pipefail

# add_content STORAGE NOW WANTED
add_content() {
  local note=$PHOENIX_STATE/storages/$1.content
  mkdir -p "${note%/*}"
  write_file "$note" 600 < <({ cat "$note" 2>/dev/null || true; tr ',' '\n' <<<"$3"; } | sort -u) || true
  pve pvesm set "$1" --content "$2,$3" ||
    err "storage $1 cannot hold $3; Proxmox VE's message is above"
  changed "storage $1 holds $3 too"
}

main() {
  need_cmd pvesm pvesh jq
  read_settings
  local storage='' tag='' now wanted
  load storage=storage tag=tag
  lock "storage-$storage" 300
  now=$(asked "storage-$storage" timeout -k 5 60 pvesh get "/storage/$storage" --output-format json | jq -r '.content // ""') ||
    err "storage $storage does not exist on node '$(hostname)'; nothing was changed. Name another image_storage"
  wanted=$(jq -r --arg now "$now" '(.content - ($now | split(","))) | join(",")' <<<"$SETTINGS")
  if [ -n "$wanted" ]; then
    mend "content of storage $storage" "$now" "with $wanted too" add_content "$storage" "$now" "$wanted"
  fi
  ! looking || report
  # What other stacks want stays when this one goes.
  mkdir -p "$PHOENIX_STATE/content/$storage"
  write_file "$PHOENIX_STATE/content/$storage/$tag" 600 < <(list content) || true
  report
}

main
