#!/usr/bin/env bash
# Takes away the notes about a guest that is no longer this stack's; the guest that has its id now is not looked at.
# What is known of a container's own volumes stays: they may still be there.
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
