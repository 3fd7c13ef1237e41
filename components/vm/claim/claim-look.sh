#!/usr/bin/env bash
# Looks whether a machine that is gone can be recreated, and changes nothing. That it is gone is reported by the preview.
# Settings: step.ts
. vm/lib/look.sh
set -euo pipefail

main() {
  read_settings
  load VMID=vmid NAME=name TAG=tag
  [ -n "$VMID" ] || VMID=$(cat "$(reservation_note)" 2>/dev/null) || VMID=''
  # It ends the look where it would refuse.
  if [ -n "$VMID" ] && [ -d /etc/pve/qemu-server ]; then refuse_moved "$(vm_conf)" "$NAME" "$TAG"; fi
  finish_look
}

main
