#!/usr/bin/env bash
# Removes a cloned container of this stack with its root disk. Its other volumes are kept. A container that does not
# exist any more is no error.
# Settings: step.ts
. container/lib/running.sh
set -euo pipefail

main() {
  read_settings
  local ctid='' tag=''
  load ctid=ctid tag=tag
  lock "guest-$ctid" 600
  if exists_as_ours "$(guest_conf "$ctid")" "$tag"; then
    refuse_protected "$ctid"
    if guest_running "$ctid"; then
      pve pct shutdown "$ctid" --timeout 60 --forceStop 1
    fi
    keep_volumes "$ctid"
    pve pct destroy "$ctid" --purge 1 || err "CT $ctid could not be destroyed; Proxmox VE's message is above"
    changed "destroyed CT $ctid"
  fi
  forget_notes "$ctid"
  report
}

main
