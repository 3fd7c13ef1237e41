#!/usr/bin/env bash
# Looks whether a container has the snapshot, and changes nothing.
# Settings: step.ts
. container/lib/look.sh
set -euo pipefail

main() {
  local name=''
  look_at_guest
  load name=name
  look_at_snapshot "$name"
  finish_look
}

main
