#!/usr/bin/env bash
# Looks once more, before the provider deletes a machine, that the one under this VMID is this stack's and not
# protected: the provider itself deletes whatever is there. A machine that is gone is fine.
# Settings: {vmid, name, tag, protect: bool, …}
set -euo pipefail

main() {
  local protect=''
  need_cmd qm jq
  read_settings
  load VMID=vmid NAME=name TAG=tag protect=protect
  lock "guest-$VMID" 600
  if vm_exists "$VMID"; then
    vm_has_tag "$VMID" "$TAG" || refuse_foreign "$VMID" "$TAG"
    [ "$protect" != true ] ||
      err "VM $VMID ($NAME) has protect: true and is not deleted; nothing of it was stopped." \
        "Set protect to false and run 'phoenix up' if it may go."
    [ "$(vm_value "$VMID" protection)" != 1 ] ||
      err "VM $VMID ($NAME) is protected in Proxmox VE and is not deleted; nothing of it was stopped." \
        "If it may go: qm set $VMID --protection 0"
  fi
  find "$PHOENIX_STATE/guests" -maxdepth 1 -name "vm-$VMID.*" -delete 2>/dev/null || true
  report
}

main
