#!/usr/bin/env bash
# A snapshot of a stage of the container's life. It is taken once, or again when what is installed has changed.
# Settings: step.ts
. container/lib/rollback.sh
set -euo pipefail

take() {
  pve pct snapshot "$CTID" "$1" --description "made by Phoenix: a stage of this container's life" ||
    err "snapshot '$1' of CT $CTID could not be made; Proxmox VE's message is above"
}

main() {
  local name='' digest='' note
  read_settings
  load name=name digest=digest
  enter_guest "snapshot-$name"
  note=$(lifecycle_note "$name")
  if [ -n "$(conf_snapshot "$(guest_conf "$CTID")" "$name")" ]; then
    say "snapshot '$name' of CT $CTID was cut off: taken again"
    clear_snapshot "$CTID" "$name"
  fi
  if ! conf_has_snapshot "$(guest_conf "$CTID")" "$name"; then
    take "$name"
    changed "made snapshot '$name' of CT $CTID"
  elif [ -n "$digest" ] && [ -e "$note" ] && [ "$(<"$note")" != "$digest" ]; then
    pve pct delsnapshot "$CTID" "$name" ||
      err "snapshot '$name' of CT $CTID could not be taken again; Proxmox VE's message is above"
    take "$name"
    changed "took snapshot '$name' of CT $CTID again"
  fi
  write_file "$note" 600 <<<"$digest" || true
  report
}

main
