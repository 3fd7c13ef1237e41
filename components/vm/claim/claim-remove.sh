#!/usr/bin/env bash
# Releases a chosen VMID when the machine's entry is removed.
# Settings: step.ts
. vm/lib/running.sh
set -euo pipefail

main() {
  local reservation begun
  read_settings
  load VMID=vmid NAME=name TAG=tag
  lock vmids 300
  reservation=$PHOENIX_STATE/vmids/$TAG/$NAME
  begun=$PHOENIX_STATE/guests/vm-${VMID:-$(cat "$reservation" 2>/dev/null || true)}.begun
  [ "$(head -n 1 "$begun" 2>/dev/null)" != "$TAG $NAME" ] || remove_file "$begun"
  remove_file "$reservation"
  report
}

main
