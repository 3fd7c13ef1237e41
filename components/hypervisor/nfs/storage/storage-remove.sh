#!/usr/bin/env bash
# Takes a storage that was added by us out of Proxmox VE again and unmounts it. The export and its data stay.
# Settings: step.ts
. hypervisor/zfs/lib/stored.sh
set -euo pipefail

# unmount ID: Proxmox VE leaves it mounted, and a mount of an export that is gone hangs whoever looks at it.
unmount() {
  if findmnt -n "/mnt/pve/$1" >/dev/null; then
    umount "/mnt/pve/$1" || umount -l "/mnt/pve/$1" || warn "/mnt/pve/$1 could not be unmounted"
  fi
  rmdir "/mnt/pve/$1" 2>/dev/null || true
}

main() {
  read_settings
  local id=''
  load id=id
  lock storage 300
  take_out "$id" unmount
  finish
}

main
