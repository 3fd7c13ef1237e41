#!/usr/bin/env bash
# A snapshot, taken once; one that is there stays as it is.
# Settings: {vmid, name, tag, snapshot}
set -euo pipefail

# '' when it is complete, 'prepare' or 'delete' when it was cut off.
snapshot_state() {
  awk -v section="[$1]" '/^\[/ { inside = ($0 == section) } inside && /^snapstate:/ { print $2 }' "$(vm_conf)"
}

exists() { grep -Fxq -- "[$1]" "$(vm_conf)"; }

main() {
  local snapshot=''
  enter_vm snapshot
  load snapshot=snapshot
  if [ -n "$(snapshot_state "$snapshot")" ]; then
    say "snapshot '$snapshot' of VM $VMID was cut off: made anew"
    qm unlock "$VMID" || true
    pve qm delsnapshot "$VMID" "$snapshot" --force 1
  fi
  if ! exists "$snapshot"; then
    pve qm snapshot "$VMID" "$snapshot" --description "made by Phoenix" ||
      err "snapshot '$snapshot' of VM $VMID ($NAME) could not be made; Proxmox VE's message is above." \
        "Its disk needs a storage with snapshots: zfspool, lvmthin, or qcow2 files"
    changed "made snapshot '$snapshot' of VM $VMID"
  fi
  report
}

main
