#!/usr/bin/env bash
# Tells the step before it, which is taken back next, that the container goes. Its mounts stay in it until then.
# Settings: step.ts
. container/lib/running.sh
set -euo pipefail

main() {
  local ctid=''
  read_settings
  load ctid=ctid
  rm -f "$(standing_note "$ctid")"
  report
}

main
