#!/usr/bin/env bash
# Removes the note `standing`, so that the removal of the step `configure`, which runs next, knows that the container is
# to be deleted. The mounts stay in it until then.
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
