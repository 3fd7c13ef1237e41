#!/usr/bin/env bash
# Removes a snapshot that snapshot.sh took. One of somebody else's, and a machine that is gone, are fine.
# Settings: {vmid, name, tag, snapshot}
set -euo pipefail

is_ours() {
  awk -v section="[$1]" '/^\[/ { inside = ($0 == section) } inside && /^#made by Phoenix/ { found = 1 } END { exit !found }' "$(vm_conf)"
}

main() {
  local snapshot=''
  need_cmd qm jq
  read_settings
  load VMID=vmid NAME=name TAG=tag snapshot=snapshot
  lock "guest-$VMID" 600
  if vm_exists "$VMID" && vm_has_tag "$VMID" "$TAG" && is_ours "$snapshot"; then
    pve qm delsnapshot "$VMID" "$snapshot" ||
      err "snapshot '$snapshot' of VM $VMID ($NAME) could not be removed; Proxmox VE's message is above"
    changed "removed snapshot '$snapshot' of VM $VMID"
  fi
  report
}

main
