#!/usr/bin/env bash
# Checks that a CTID is free or this stack's before the provider creates a container there: the provider would adopt a
# foreign container as its own.
# Settings: step.ts
. container/lib/running.sh
set -euo pipefail

# A container has no tags while it is being created: its owner is known only afterwards.
creation_ended() { [ "$(guest_value "$1" lock)" != create ]; }

main() {
  need_cmd pct
  read_settings
  local ctid='' tag='' name='' adopt=''
  load ctid=ctid tag=tag name=hostname adopt=adopt
  log_as "ct-$ctid-claim"
  lock "guest-$ctid" 600
  require_id "$ctid"
  refuse_moved "$(guest_conf "$ctid")" "$name" "$tag"
  if guest_exists "$ctid"; then
    wait_for 120 creation_ended "$ctid" ||
      err "CT $ctid is still being created by somebody; look at its task, or 'pct unlock $ctid && pct destroy $ctid'"
    ! guest_exists "$ctid" || require_or_take_over "$(guest_conf "$ctid")" "$tag" "$adopt"
  fi
  report
}

main
