#!/usr/bin/env bash
# Looks at the power state that is asked for, and changes nothing. One that a step left running, and that somebody stopped, is
# reported by the look of the step start, which starts it.
# Settings: step.ts
. vm/lib/look.sh
set -euo pipefail

main() {
  local state=''
  look_at_vm
  load state=state
  if [ "$state" = stopped ] && seen_running qm "$VMID"; then
    differs "VM $VMID state" running stopped
  elif [ "$state" = stopped ] && [ -e "$(running_note)" ]; then
    # With the note the step start has it running again.
    differs "VM $VMID state" "noted as running on $(hostname)" stopped
  elif [ "$state" = running ] && [ ! -e "$(running_note)" ] && seen_stopped qm "$VMID"; then
    differs "VM $VMID state" stopped running
  fi
  finish_look
}

main
