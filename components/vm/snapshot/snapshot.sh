#!/usr/bin/env bash
# A snapshot, taken once; one that is there stays as it is.
# Settings: step.ts
. vm/lib/running.sh
set -euo pipefail

main() {
  local snapshot=''
  enter_vm snapshot
  load snapshot=snapshot
  resume
  if [ -n "$(conf_snapshot "$(vm_conf)" "$snapshot")" ]; then
    is_our_snapshot "$snapshot" ||
      err "snapshot '$snapshot' of VM $VMID ($NAME) is not complete, and is not this stack's; nothing was changed." \
        "When no task works at it any more: qm unlock $VMID; qm delsnapshot $VMID $snapshot --force 1"
    say "snapshot '$snapshot' of VM $VMID was cut off: taken again"
    drop_snapshot "$snapshot"
  fi
  if ! conf_has_snapshot "$(vm_conf)" "$snapshot"; then
    locking qm snapshot "$VMID" "$snapshot" --description "made by Phoenix" ||
      err "snapshot '$snapshot' of VM $VMID ($NAME) could not be made; Proxmox VE's message is above$(lock_hint "$(vm_conf)")." \
        "Its disk needs a storage with snapshots: zfspool, lvmthin, or qcow2 files"
    changed "made snapshot '$snapshot' of VM $VMID"
  fi
  report
}

main
