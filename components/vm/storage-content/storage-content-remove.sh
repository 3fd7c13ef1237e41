#!/usr/bin/env bash
# Removes the content types that storage-content.sh added to the storage, except those that another stack wants. Files on
# it stay.
# Settings: step.ts
set -euo pipefail

# wanted: content types of the storage that stacks want, a line each.
wanted() { cat "$1"/* 2>/dev/null || true; }

main() {
  need_cmd pvesm pvesh jq
  read_settings
  local storage='' tag='' now rest note stacks
  load storage=storage tag=tag
  lock "storage-$storage" 300
  stacks=$PHOENIX_STATE/content/$storage
  remove_file "$stacks/$tag"
  note=$PHOENIX_STATE/storages/$storage.content
  if [ -e "$note" ]; then
    if now=$(pvesh get "/storage/$storage" --output-format json | jq -r '.content // ""'); then
      rest=$(tr ',' '\n' <<<"$now" | grep -Fxv -f <(grep -Fxv -f <(wanted "$stacks") "$note") | paste -sd, || true)
      [ -z "$rest" ] || [ "$rest" = "$now" ] || {
        pve pvesm set "$storage" --content "$rest" || err "storage $storage could not be set back; Proxmox VE's message is above"
        changed "storage $storage holds $rest again"
      }
    fi
    rmdir "$stacks" 2>/dev/null || true
    [ -e "$stacks" ] || remove_file "$note"
  fi
  report
}

main
