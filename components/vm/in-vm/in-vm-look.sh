#!/usr/bin/env bash
# Looks whether what a script did is still in the machine, and changes nothing. One that does not run is not looked at, nor one
# whose agent does not answer.
# Settings: step.ts
. vm/lib/look.sh
. guest/lib/marks.sh
set -euo pipefail

# shellcheck disable=SC2034 # running.sh reads it
IN_VM_GRACE=2

main() {
  local step='' marks
  look_at_vm
  load step=step
  # One visit a machine for all of its steps.
  if seen_running qm "$VMID" && marks=$(once "inside-vm-$VMID" in_vm 8 /bin/sh -c "$MARKS" sh </dev/null); then
    compare_marks "VM $VMID" "$step" "$marks"
  fi
  finish_look
}

main
