#!/usr/bin/env bash
# Looks whether what hook.sh did is still in the container, and changes nothing.
# Settings: step.ts
. container/lib/look-inside.sh
set -euo pipefail

main() {
  look_at_guest
  look_inside hook
  finish_look
}

main
