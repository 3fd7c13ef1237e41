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
  need_cmd pct
  read_settings
  local ctid='' tag='' name=''
  load ctid=ctid tag=tag name=name
  lock "guest-$ctid" 600
  require_ours "$ctid" "$tag"
  if [ -n "$(snapshot_state "$ctid" "$name")" ]; then
    say "snapshot '$name' of CT $ctid was cut off: made anew"
    pct unlock "$ctid" || true
    pve pct delsnapshot "$ctid" "$name" --force 1
  fi
  if ! grep -Fxq -- "[$name]" "$(guest_conf "$ctid")"; then
    pve pct snapshot "$ctid" "$name" --description "made by Phoenix for clones" ||
      err "snapshot '$name' of CT $ctid could not be made; Proxmox VE's message is above"
    changed "made snapshot '$name' of CT $ctid"
  fi
  report
}

main
