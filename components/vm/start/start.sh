#!/usr/bin/env bash
# A running machine. It restarts only for settings that cannot take effect while it runs.
# Settings: step.ts
. vm/lib/running.sh
set -euo pipefail

needs_restart() { [ -e "$(restart_note)" ] || vm_waits; }

# require_applied: Proxmox VE only warns of pending changes that it could not apply at a start.
require_applied() {
  ! vm_waits ||
    err "VM $VMID ($NAME) was restarted, and this still waits in $(vm_conf): $(sed '1,/^\[PENDING\]$/d; /^\[/,$d; /^cipassword:/d' "$(vm_conf)" | grep . | paste -sd ';' -);" \
      "Proxmox VE's message is above. 'qm pending $VMID' lists it"
}

main() {
  local limit='' agent='' due=''
  enter_vm start
  load limit=timeLimit agent=agent
  if is_template; then
    say "VM $VMID is a template and does not run"
  elif ! vm_running; then
    # A restart that was cut off has stopped it.
    [ ! -e "$(restart_note)" ] || due=yes
    start_vm
  elif needs_restart; then
    due=yes
    mkdir -p "$PHOENIX_STATE/guests"
    : >"$(restart_note)"
    stop_vm "$limit"
    pve qm start "$VMID" || err "VM $VMID ($NAME) does not come back from its restart; Proxmox VE's message is above$(lock_hint "$(vm_conf)")"
    wait_for 60 is_up || vm_running || err "VM $VMID ($NAME) did not come back within 60 s of its restart"
    changed "restarted VM $VMID"
    require_applied
  fi
  [ -z "$due" ] || [ "$agent" != true ] || require_agent
  is_template || note_running
  rm -f "$(restart_note)"
  mkdir -p "$PHOENIX_STATE/guests"
  : >"$(standing_note)"
  report
}

main
