#!/usr/bin/env bash
# Removes the notes about a guest that is no longer this stack's; a guest that has its id now is not touched. The note
# about a container's own volumes stays: they may still exist.
# Settings: {id: CTID or VMID, kind: CT|VM}
set -euo pipefail

main() {
  local id='' kind='' stem
  read_settings
  load id=id kind=kind
  lock "guest-$id" 600
  stem=$id
  [ "$kind" = CT ] || stem=vm-$id
  [ ! -d "$PHOENIX_STATE/guests" ] ||
    find "$PHOENIX_STATE/guests" -maxdepth 1 \( -name "$stem.*" -o -name ".phoenix.$stem.*" \) ! -name "$stem.volumes" -delete
  report
}

main
