#!/usr/bin/env bash
# A running container. It restarts only for settings that cannot take effect while it runs.
# Settings: {ctid, tag, interface, restartWhenChanged: {…}}
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

inside() { pct exec "$CTID" -- /bin/sh -c "$1" sh "${@:2}" </dev/null 3>&- 4>&- 9>&-; }

# Systemd inside has ended its start; another init, or none, is not asked.
init_ended() {
  # shellcheck disable=SC2016 # expanded by the guest's shell
  inside 'command -v systemctl >/dev/null || exit 0
    case $(systemctl is-system-running 2>/dev/null) in running | degraded) ;; *) exit 1 ;; esac'
}

has_address() {
  # shellcheck disable=SC2016 # expanded by the guest's shell
  inside 'command -v ip >/dev/null || exit 0; ip -4 -o address show dev "$1" | grep inet >/dev/null' "$1"
}

# What runs inside next needs both; neither is taken for granted just because the container runs.
require_ready() {
  wait_for 120 init_ended ||
    err "CT $CTID runs, but its init has not ended its start after 120 s; see 'pct exec $CTID -- systemctl list-jobs'"
  wait_for 60 has_address "$1" ||
    err "CT $CTID runs, but its $1 has no address after 60 s; see 'pct exec $CTID -- ip address'"
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
