#!/usr/bin/env bash
# A container's power state, after everything else; nothing else changes.
# Settings: step.ts
. container/lib/running.sh
set -euo pipefail

# A shutdown that takes longer than its time ends in a stop.
stop_guest() {
  pve pct shutdown "$CTID" --timeout "$1" --forceStop 1 || true
  wait_for 30 is_down "$CTID" || ! guest_running "$CTID" || err "CT $CTID does not stop; Proxmox VE's message is above"
  # Pending changes took effect with the stop.
  rm -f "$PHOENIX_STATE/guests/$CTID.restart"
  changed "stopped CT $CTID"
}

main() {
  local state='' seconds='' interface=''
  enter_guest power
  load state=state seconds=shutdownTimeout interface=interface
  if [ "$state" = stopped ]; then
    : >"$(stopped_note "$CTID")"
    if guest_running "$CTID"; then stop_guest "$seconds"; fi
  else
    rm -f "$(stopped_note "$CTID")"
    guest_running "$CTID" || start_guest
    require_ready "$interface"
  fi
  report
}

main
