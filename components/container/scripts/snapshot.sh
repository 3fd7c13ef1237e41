#!/usr/bin/env bash
# The snapshot that clones of this container are made from: taken once, never made anew.
# Settings: {ctid, tag, name}
set -euo pipefail

# The state of a snapshot's section: '' when it is complete, 'prepare' or 'delete' when it was cut off.
snapshot_state() {
  awk -v section="[$2]" '
    /^\[/ { inside = ($0 == section) }
    inside && /^snapstate:/ { print $2 }
  ' "$(guest_conf "$1")"
}

main() {
  local name=''
  enter_guest snapshot
  load name=name
  if [ -n "$(snapshot_state "$CTID" "$name")" ]; then
    say "snapshot '$name' of CT $CTID was cut off: made anew"
    pct unlock "$CTID" || true
    pve pct delsnapshot "$CTID" "$name" --force 1
  fi
  if ! grep -Fxq -- "[$name]" "$(guest_conf "$CTID")"; then
    pve pct snapshot "$CTID" "$name" --description "made by Phoenix for clones" ||
      err "snapshot '$name' of CT $CTID could not be made; Proxmox VE's message is above"
    changed "made snapshot '$name' of CT $CTID"
  fi
  report
}

main
