#!/usr/bin/env bash
# Takes our keys of root out of a container, and gives it its password back. One that does not run is started for that; one
# that does not exist any more, or is no longer this stack's, is left alone.
# Settings: step.ts
. container/root-access/account.sh
set -euo pipefail

main() {
  local started=''
  read_settings
  load CTID=ctid TAG=tag
  lock "guest-$CTID" 600
  if guest_exists "$CTID" && conf_has_tag "$(guest_conf "$CTID")" "$TAG" && [ -e "$(root_note)" ]; then
    if ! guest_running "$CTID"; then
      start_guest
      started=yes
    fi
    read_root || err "CT $CTID: its root's keys could not be read; does it run? ('pct status $CTID')"
    read_note
    settle_keys
    settle_password ''
    write_note
    [ -z "$started" ] || pve pct shutdown "$CTID" --timeout 60 --forceStop 1
  fi
  report
}

main
