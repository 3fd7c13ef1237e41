#!/usr/bin/env bash
# Removes a savepoint, when rollback_on_failure is no longer wanted or the container is deleted. A container that does not
# exist any more, or is no longer this stack's, is left alone.
# Settings: step.ts
. container/lib/rollback.sh
set -euo pipefail

main() {
  read_settings
  load CTID=ctid TAG=tag
  lock "guest-$CTID" 600
  remove_file "$(savepoint_note)"
  rm -f "$(going_back)"
  if guest_exists "$CTID" && conf_has_tag "$(guest_conf "$CTID")" "$TAG"; then
    drop_savepoint || say "warning: snapshot $SAVEPOINT of CT $CTID could not be removed"
  fi
  report
}

main
