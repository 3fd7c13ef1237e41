#!/usr/bin/env bash
# A snapshot of a stage of the container's life. It is taken once, or again when what is installed has changed.
# Settings: step.ts
. container/lib/rollback.sh
. container/lib/snapshots.sh
set -euo pipefail

take() {
  pve pct snapshot "$CTID" "$1" --description "made by Phoenix: a stage of this container's life" ||
    err "snapshot '$1' of CT $CTID could not be made; Proxmox VE's message is above"
}

renew() {
  delete_to_renew "$1"
  take "$1"
  changed "took snapshot '$1' of CT $CTID again"
}

main() {
  local name='' digest=''
  read_settings
  load name=name digest=digest
  enter_guest "snapshot-$name"
  # One without a digest is taken once: its note is the same in every run.
  ensure_snapshot "$name" "$(lifecycle_note "$name")" "$digest" take renew
  report
}

main
