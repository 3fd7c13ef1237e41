#!/usr/bin/env bash
# Removes a snapshot that snapshot.sh took. One of somebody else stays; a machine that does not exist any more is no error.
# Settings: step.ts
. vm/lib/running.sh
set -euo pipefail

main() {
  local snapshot=''
  need_cmd qm jq
  read_settings
  load VMID=vmid NAME=name TAG=tag snapshot=snapshot
  lock "guest-$VMID" 600
  if vm_exists "$VMID" && conf_has_tag "$(vm_conf)" "$TAG"; then
    finish_cut_off
    if is_our_snapshot "$snapshot"; then
      drop_snapshot "$snapshot"
      changed "removed snapshot '$snapshot' of VM $VMID"
    fi
  fi
  report
}

main
