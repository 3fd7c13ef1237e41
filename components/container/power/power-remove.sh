#!/usr/bin/env bash
# The configuration no longer says whether the container runs: one that was kept stopped is started. One that does not
# exist any more, or is no longer this stack's, is left alone.
# Settings: step.ts
. container/lib/running.sh
set -euo pipefail

main() {
  local interface='' state=''
  read_settings
  load CTID=ctid TAG=tag state=state interface=interface
  lock "guest-$CTID" 600
  if guest_exists "$CTID" && conf_has_tag "$(guest_conf "$CTID")" "$TAG"; then
    rm -f "$(stopped_note "$CTID")"
    if [ "$state" = stopped ]; then
      guest_running "$CTID" || start_guest
      require_ready "$interface"
    fi
  fi
  report
}

main
