#!/usr/bin/env bash
# Removes the note `standing`, so that the removal of the step `configure`, which runs next, knows that the machine is to
# be deleted. Nothing is stopped until then.
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
