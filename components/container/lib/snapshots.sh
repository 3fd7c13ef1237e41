#!/usr/bin/env bash
# A container's snapshot that a step keeps: there, whole, and of the state that its note names.
. container/lib/running.sh

# ensure_snapshot NAME NOTE STATE TAKE RENEW: makes it by the function TAKE; one of another state than STATE is taken again by
# RENEW. Both are given its name.
ensure_snapshot() {
  if [ -n "$(conf_snapshot "$(guest_conf "$CTID")" "$1")" ]; then
    say "snapshot '$1' of CT $CTID was cut off: taken again"
    clear_snapshot "$CTID" "$1"
  fi
  if ! conf_has_snapshot "$(guest_conf "$CTID")" "$1"; then
    "$4" "$1"
    changed "made snapshot '$1' of CT $CTID"
  elif [ -e "$2" ] && [ "$(<"$2")" != "$3" ]; then
    "$5" "$1"
  fi
  write_file "$2" 600 <<<"$3" || true
}

# delete_to_renew NAME
delete_to_renew() {
  pve pct delsnapshot "$CTID" "$1" || err "snapshot '$1' of CT $CTID could not be taken again; Proxmox VE's message is above"
}
