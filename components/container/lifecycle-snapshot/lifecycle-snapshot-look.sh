#!/usr/bin/env bash
# Looks whether a container has the snapshot, and changes nothing.
# Settings: step.ts
. container/lib/look.sh
set -euo pipefail

main() {
  look_at_guest
  look_at_snapshot
  finish_look
}

main
