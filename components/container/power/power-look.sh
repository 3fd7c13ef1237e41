#!/usr/bin/env bash
# Looks whether a container that is to be stopped is, and changes nothing. Whether one runs is told by the look of the step
# start, which starts it.
# Settings: step.ts
. container/lib/look.sh
set -euo pipefail

main() {
  local state=''
  look_at_guest
  load state=state
  if [ "$state" = stopped ]; then
    if seen_running "$CTID"; then
      deviates "CT $CTID state: is running, wanted stopped"
    elif [ ! -e "$(stopped_note "$CTID")" ]; then
      # Without the note the step start has it running again.
      deviates "CT $CTID state: is not noted on $(hostname), wanted stopped"
    fi
  elif [ -e "$(stopped_note "$CTID")" ]; then
    deviates "CT $CTID state: is noted as stopped on $(hostname), wanted running"
  fi
  finish_look
}

main
