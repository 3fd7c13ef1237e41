#!/usr/bin/env bash
# The entry asks for the snapshot no longer. Of a container that does not exist any more, or is no longer this stack's,
# nothing is removed.
# Settings: step.ts
. container/lib/rollback.sh
set -euo pipefail

main() {
  local name=''
  read_settings
  load CTID=ctid TAG=tag name=name
  lock "guest-$CTID" 600
  if guest_exists "$CTID" && conf_has_tag "$(guest_conf "$CTID")" "$TAG" && [ -e "$(lifecycle_note "$name")" ] &&
    conf_has_snapshot "$(guest_conf "$CTID")" "$name"; then
    pve pct delsnapshot "$CTID" "$name" ||
      err "snapshot '$name' of CT $CTID could not be removed; Proxmox VE's message is above$(lock_hint "$(guest_conf "$CTID")")"
    changed "removed snapshot '$name' of CT $CTID"
  fi
  remove_file "$(lifecycle_note "$name")"
  report
}

main
