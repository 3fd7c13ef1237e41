#!/usr/bin/env bash
# Removes a cloned container of this stack with its root disk; volumes of its own outlive it. A container that is
# gone is no error.
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
  # What is kept of the volumes is found by the next container under this CTID.
  find "$PHOENIX_STATE/guests" -maxdepth 1 \( -name "$ctid.*" -o -name ".phoenix.$ctid.*" \) ! -name "$ctid.volumes" -delete
  report
}

main
