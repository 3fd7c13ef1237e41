#!/usr/bin/env bash
# Looks whether a container that is to be stopped is, and changes nothing. Whether one runs is reported by the look of the step
# start, which starts it.
# Settings: step.ts
. container/lib/look.sh
set -euo pipefail

main() {
  local state=''
  look_at_guest
  load state=state
  if [ "$state" = stopped ]; then
    if seen_running pct "$CTID"; then
      differs "CT $CTID state" running stopped
    elif [ ! -e "$(stopped_note "$CTID")" ]; then
      # Without the note the step start has it running again.
      differs "CT $CTID state" "not noted on $(hostname)" stopped
    fi
  elif [ -e "$(stopped_note "$CTID")" ]; then
    differs "CT $CTID state" "noted as stopped on $(hostname)" running
  fi
  finish_look
}

main
