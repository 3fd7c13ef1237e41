#!/usr/bin/env bash
# Tells the step before it, which is taken back next, that the machine goes. Nothing is stopped until then.
# Settings: step.ts
. vm/lib/running.sh
set -euo pipefail

main() {
  read_settings
  load VMID=vmid
  rm -f "$(standing_note)"
  report
}

main
