#!/usr/bin/env bash
# Looks whether what hook.sh did is still in the container, and changes nothing.
# Settings: step.ts
. container/lib/look-inside.sh
set -euo pipefail

main() {
  local step=''
  look_at_guest
  load step=step
  [ -n "$step" ] || step=hook
  look_inside "$step"
  finish_look
}

main
