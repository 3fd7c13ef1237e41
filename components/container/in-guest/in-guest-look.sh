#!/usr/bin/env bash
# Looks whether what a script did is still in the container, and changes nothing.
# Settings: step.ts
. container/lib/look-inside.sh
set -euo pipefail

main() {
  local step=''
  look_at_guest
  load step=step
  look_inside "$step"
  finish_look
}

main
