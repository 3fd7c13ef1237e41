#!/usr/bin/env bash
# systemd's units: enabled and running.
set -euo pipefail

# service_failed UNIT WHAT: ends with the last lines of the unit's journal.
service_failed() {
  local lines
  lines=$(journalctl -u "$1" -n 5 --no-pager -o cat 2>/dev/null | paste -sd '|' -) || true
  err "$1 $2${lines:+; its journal ends with: ${lines//|/ | }}; see 'systemctl status $1' on the node, then run again"
}

# service_try VERB UNIT WHAT: systemctl, without our lock and the connection.
service_try() {
  local said
  said=$(systemctl "$1" "$2" 2>&1 3>&- 9>&-) || service_failed "$2" "$3: $(tail -n 1 <<<"$said")"
}

# service_ensure UNIT…: enabled at boot and running now.
service_ensure() {
  local unit
  for unit; do
    systemctl is-enabled --quiet "$unit" 2>/dev/null || mend "service $unit" disabled enabled service_enable "$unit"
    systemctl is-active --quiet "$unit" || mend "service $unit" stopped running service_start "$unit"
  done
}

service_enable() {
  service_try enable "$1" "could not be enabled"
  changed "enabled $1"
}

service_start() {
  service_try start "$1" "could not be started"
  wait_for 10 systemctl is-active --quiet "$1" || service_failed "$1" "was started and is not running"
  changed "started $1"
}

# service_restart UNIT…: restarted, and seen running afterwards.
service_restart() {
  local unit
  for unit; do
    service_try restart "$unit" "could not be restarted"
    wait_for 10 systemctl is-active --quiet "$unit" || service_failed "$unit" "was restarted and is not running"
    changed "restarted $unit"
  done
}

# service_restart_if FLAG UNIT…: restarted when FLAG is not empty, else only enabled and running.
service_restart_if() {
  local flag=$1 unit
  shift
  for unit; do
    if [ -n "$flag" ] && systemctl is-active --quiet "$unit"; then service_restart "$unit"; fi
  done
  service_ensure "$@"
}

# service_stop UNIT…: stops and disables them; a unit that does not exist is no error.
service_stop() {
  local unit
  for unit; do
    if systemctl is-active --quiet "$unit" 2>/dev/null; then
      service_try stop "$unit" "could not be stopped"
      changed "stopped $unit"
    fi
    if systemctl is-enabled --quiet "$unit" 2>/dev/null; then
      service_try disable "$unit" "could not be disabled"
      changed "disabled $unit"
    fi
  done
}
