#!/usr/bin/env bash
# Looks whether a container has the snapshot that clones are made from, and changes nothing. What is older than that
# snapshot after a roll-back by hand is reported by the looks of what is installed inside.
# Settings: step.ts
. container/lib/look.sh
set -euo pipefail

main() {
  look_at_guest
  look_at_snapshot
  finish_look
}

main
