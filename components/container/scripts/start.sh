#!/usr/bin/env bash
# A running container. It restarts only for settings that cannot take effect while it runs.
# Settings: {ctid, tag, interface, restartWhenChanged: {…}}
set -euo pipefail

needs_restart() {
  [ -e "$PHOENIX_STATE/guests/$CTID.restart" ] || grep -Fxq '[pve:pending]' "$(guest_conf "$CTID")"
}

main() {
  local interface=''
  enter_guest start
  load interface=interface
  if ! guest_running "$CTID"; then
    start_guest
  elif needs_restart; then
    pve pct reboot "$CTID" --timeout 120 || err "CT $CTID does not restart; Proxmox VE's message is above"
    wait_for 60 guest_running "$CTID" || err "CT $CTID did not come back within 60 s of its restart"
    changed "restarted CT $CTID"
  fi
  rm -f "$PHOENIX_STATE/guests/$CTID.restart"
  require_ready "$interface"
  report
}

main
