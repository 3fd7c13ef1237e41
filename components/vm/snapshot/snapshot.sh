#!/usr/bin/env bash
# A snapshot, taken once; one that is there stays as it is.
# Settings: step.ts
. vm/lib/running.sh
set -euo pipefail

drop_cut_off() {
  say "snapshot '$1' of VM $VMID was cut off: taken again"
  drop_snapshot "$1"
}

take() {
  locking qm snapshot "$VMID" "$1" --description "made by Phoenix" ||
    err "snapshot '$1' of VM $VMID ($NAME) could not be made; Proxmox VE's message is above$(lock_hint "$(vm_conf)")." \
      "Its disk needs a storage with snapshots: zfspool, lvmthin, or qcow2 files"
  changed "made snapshot '$1' of VM $VMID"
}

main() {
  local snapshot='' what
  enter_vm snapshot
  load snapshot=snapshot
  what="VM $VMID snapshot $snapshot"
  looking || resume
  if [ -n "$(conf_snapshot "$(vm_conf)" "$snapshot")" ]; then
    is_our_snapshot "$snapshot" ||
      err "snapshot '$snapshot' of VM $VMID ($NAME) is not complete, and is not this stack's; nothing was changed." \
        "When no task works at it any more: qm unlock $VMID; qm delsnapshot $VMID $snapshot --force 1"
    mend "$what" 'cut off' complete drop_cut_off "$snapshot"
  fi
  conf_has_snapshot "$(vm_conf)" "$snapshot" || mend "$what" missing there take "$snapshot"
  report
}

main
