#!/usr/bin/env bash
# Takes a container out of its pool; a pool that was made for it goes when it is empty. A container that does not exist any more,
# or is no longer this stack's, is left alone.
# Settings: step.ts
. container/lib/guest.sh
. guest/lib/pool.sh
set -euo pipefail

main() {
  local ours=false
  read_settings
  load CTID=ctid TAG=tag
  lock "guest-$CTID" 600
  if guest_exists "$CTID" && conf_has_tag "$(guest_conf "$CTID")" "$TAG"; then ours=true; fi
  leave_pool "$CTID" "CT $CTID" "$PHOENIX_STATE/guests/$CTID.pool" "$ours"
  report
}

main
