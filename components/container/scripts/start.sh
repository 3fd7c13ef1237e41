#!/usr/bin/env bash
# A running container. It restarts only for settings that cannot take effect while it runs.
# Settings: {ctid, tag, restartWhenChanged: {…}}
set -euo pipefail

start_guest() {
  local try
  for try in 1 2 3; do
    if pve pct start "$CTID" && wait_for 30 guest_running "$CTID"; then
      changed "started CT $CTID"
      return 0
    fi
    say "CT $CTID did not start (try $try of 3)"
    # Five seconds between tries, ended early when it comes up after all.
    wait_for 5 guest_running "$CTID" && return 0
  done
  err "CT $CTID does not start; its messages are above, more in 'pct start $CTID --debug'"
}

needs_restart() {
  [ -e "$PHOENIX_STATE/guests/$CTID.restart" ] || grep -Fxq '[pve:pending]' "$(guest_conf "$CTID")"
}

main() {
  need_cmd pct
  read_settings
  local tag=''
  CTID=''
  load CTID=ctid tag=tag
  lock "guest-$CTID" 600
  require_ours "$CTID" "$tag"
  if ! guest_running "$CTID"; then
    start_guest
  elif needs_restart; then
    pve pct reboot "$CTID" --timeout 120 || err "CT $CTID does not restart; Proxmox VE's message is above"
    wait_for 60 guest_running "$CTID" || err "CT $CTID did not come back within 60 s of its restart"
    changed "restarted CT $CTID"
  fi
  rm -f "$PHOENIX_STATE/guests/$CTID.restart"
  report
}

main
