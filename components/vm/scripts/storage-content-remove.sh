#!/usr/bin/env bash
# Takes the content types that storage-content.sh added from the storage again; its files stay.
# Settings: {storage, …}
set -euo pipefail

main() {
  need_cmd pvesm pvesh jq
  read_settings
  local storage='' now rest note
  load storage=storage
  lock "storage-$storage" 300
  note=$PHOENIX_STATE/storages/$storage.content
  if [ -e "$note" ]; then
    if now=$(pvesh get "/storage/$storage" --output-format json | jq -r '.content // ""'); then
      rest=$(tr ',' '\n' <<<"$now" | grep -Fxv -f "$note" | paste -sd, || true)
      [ -z "$rest" ] || [ "$rest" = "$now" ] || {
        pve pvesm set "$storage" --content "$rest" || err "storage $storage could not be set back; Proxmox VE's message is above"
        changed "storage $storage holds $rest again"
      }
    fi
    remove_file "$note"
  fi
  report
}

main
