#!/usr/bin/env bash
# Adds the content types that machines need to a storage that Proxmox VE ships; none is removed.
# Settings: step.ts
set -euo pipefail

main() {
  need_cmd pvesm pvesh jq
  read_settings
  local storage='' tag='' now wanted note
  load storage=storage tag=tag
  lock "storage-$storage" 300
  now=$(pvesh get "/storage/$storage" --output-format json | jq -r '.content // ""') ||
    err "storage $storage does not exist on node '$(hostname)'; nothing was changed. Name another image_storage"
  wanted=$(jq -r --arg now "$now" '(.content - ($now | split(","))) | join(",")' <<<"$SETTINGS")
  if [ -n "$wanted" ]; then
    note=$PHOENIX_STATE/storages/$storage.content
    mkdir -p "${note%/*}"
    write_file "$note" 600 < <({ cat "$note" 2>/dev/null || true; tr ',' '\n' <<<"$wanted"; } | sort -u) || true
    pve pvesm set "$storage" --content "$now,$wanted" ||
      err "storage $storage cannot hold $wanted; Proxmox VE's message is above"
    changed "storage $storage holds $wanted too"
  fi
  # What other stacks want stays when this one goes.
  mkdir -p "$PHOENIX_STATE/content/$storage"
  write_file "$PHOENIX_STATE/content/$storage/$tag" 600 < <(list content) || true
  report
}

main
